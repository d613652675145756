#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| gatehouse_fuzz::gateway::fuzz_path(input));
