//! What the picture says of a journey.

use super::{words::duration, *};
use crate::model::{GatewayCall, GatewayView, JourneyStep, Verdict};

fn step(name: &str, is_handler: bool, verdict: Verdict) -> JourneyStep {
    JourneyStep { name: name.to_owned(), is_handler, verdict, took: 250 }
}

fn call(status: Option<u16>, steps: Option<Vec<JourneyStep>>) -> GatewayCall {
    let view = |steps| GatewayView { request_id: "1".to_owned(), route: "GET /hello".to_owned(), steps };
    GatewayCall {
        url: "http://gateway/hello".to_owned(),
        status,
        headers: Vec::new(),
        took: 1_500,
        seen: steps.map(view),
    }
}

/// Notes and marks of the server function, the policies and the handler.
fn told(calls: Vec<GatewayCall>) -> Vec<(String, Mark)> {
    let journey = Journey { calls, ..Journey::default() };
    stations(&reports(&journey))[2..5].iter().map(|station| (station.note.clone(), station.mark)).collect()
}

fn expect(calls: Vec<GatewayCall>, expected: [(&str, Mark); 3]) {
    assert_eq!(told(calls), expected.map(|(note, mark)| (note.to_owned(), mark)));
}

#[test]
fn every_end_has_its_picture() {
    let passed = step("clerk", false, Verdict::Passed);
    let answered = step("hello", true, Verdict::Answered);
    let refused = step("clerk", false, Verdict::Refused("expired".to_owned()));
    expect(
        vec![call(Some(200), Some(vec![passed, answered]))],
        [
            ("call answered · 1.5 ms", Mark::Passed),
            ("1 passed · 250 µs", Mark::Passed),
            ("answered 200 · 250 µs", Mark::Passed),
        ],
    );
    expect(
        vec![call(Some(401), Some(vec![refused]))],
        [("call answered · 1.5 ms", Mark::Passed), ("refused: expired", Mark::Refused), ("not reached", Mark::Unseen)],
    );
    expect(
        vec![call(Some(200), None)],
        [
            ("call answered · 1.5 ms", Mark::Passed),
            ("not seen from here", Mark::Unseen),
            ("gateway answered 200", Mark::Passed),
        ],
    );
    // Who refused is not known; the handler's part is to greet.
    expect(
        vec![call(Some(401), None)],
        [
            ("call answered · 1.5 ms", Mark::Passed),
            ("gateway answered 401", Mark::Refused),
            ("not seen from here", Mark::Unseen),
        ],
    );
    expect(
        vec![call(None, None)],
        [("no answer · 1.5 ms", Mark::Refused), ("not reached", Mark::Unseen), ("not reached", Mark::Unseen)],
    );
    expect(
        Vec::new(),
        [("no token, no call", Mark::Refused), ("not reached", Mark::Unseen), ("not reached", Mark::Unseen)],
    );
}

#[test]
fn durations_are_short_to_read() {
    for (micros, text) in [(7, "7 µs"), (999, "999 µs"), (1_049, "1.0 ms"), (99_999, "99.9 ms"), (250_400, "250 ms")]
    {
        assert_eq!(duration(micros), text);
    }
}
