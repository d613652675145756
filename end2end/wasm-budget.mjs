// Measures what a browser downloads to run the account page's island, and the stylesheet, and fails when it is too much.
//
//   node wasm-budget.mjs [folder] [--budget bytes]
//
// `folder` holds the package of a release build. The budget counts WebAssembly and JavaScript together, compressed with
// brotli; the stylesheet counts as it is.

import { readFileSync, readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { join } from "node:path";

const DEFAULT_FOLDER = fileURLToPath(new URL("../target/site/pkg", import.meta.url));
const DEFAULT_BUDGET = "70000";
const MAX_CSS = 20_000;

function measure(folder, name) {
  const content = readFileSync(join(folder, name));
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  };
  return {
    name,
    raw: content.length,
    gzip: gzipSync(content, { level: 9 }).length,
    brotli: brotliCompressSync(content, { params }).length,
  };
}

function row(name, ...numbers) {
  return name.padEnd(24) + numbers.map((number) => String(number).padStart(12)).join("");
}

function run() {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { budget: { type: "string", default: DEFAULT_BUDGET } },
  });
  const [folder = DEFAULT_FOLDER] = positionals;
  const budget = Number(values.budget);
  if (!Number.isInteger(budget) || budget <= 0 || positionals.length > 1) {
    throw new Error("usage: node wasm-budget.mjs [folder] [--budget bytes]");
  }
  const files = readdirSync(folder)
    .filter((name) => /\.(wasm|js|css)$/.test(name))
    .sort()
    .map((name) => measure(folder, name));
  // An empty folder keeps any budget, and proves nothing.
  for (const suffix of [".wasm", ".js", ".css"]) {
    if (!files.some(({ name }) => name.endsWith(suffix))) {
      throw new Error(`there is no *${suffix} in ${folder}: build the site first`);
    }
  }
  const isStyle = ({ name }) => name.endsWith(".css");
  const total = files.filter((file) => !isStyle(file)).reduce((sum, { brotli }) => sum + brotli, 0);
  const css = files.filter(isStyle).reduce((sum, { raw }) => sum + raw, 0);
  console.log(row("bytes", "raw", "gzip -9", "brotli -11"));
  files.forEach(({ name, raw, gzip, brotli }) => console.log(row(name, raw, gzip, brotli)));
  console.log(`WebAssembly and JavaScript: ${total} bytes with brotli, of ${budget} allowed`);
  console.log(`stylesheet: ${css} bytes, of ${MAX_CSS} allowed`);
  if (css > MAX_CSS) {
    console.error(`${css - MAX_CSS} bytes of style over budget`);
    process.exitCode = 1;
  }
  if (total > budget) {
    console.error(`${total - budget} bytes over budget`);
    process.exitCode = 1;
  }
}

try {
  run();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
