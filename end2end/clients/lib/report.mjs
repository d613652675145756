// The table of clients, as it stands in the README.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const README = resolve(import.meta.dirname, "../../../README.md");
const BEGIN = "<!-- made by `make test-clients` -->\n";
const END = "<!-- end -->";

/** What each client did, with the versions of its packages. */
export function table(results) {
  const rows = results.map(({ client, passed }) => {
    const versions = client.packages.map((name) => `\`${name}\` ${versionOf(name)}`).join(", ");
    return `| ${client.title} | ${versions} | ${passed.join("; ")} |`;
  });
  return ["| client | packages | passed |", "|---|---|---|", ...rows].join("\n");
}

/** Whether the README holds this table. */
export function readmeHas(text) {
  return readFileSync(README, "utf8").includes(`${BEGIN}\n${text}\n\n${END}`);
}

/** Puts this table in the place of the README's. */
export function writeReadme(text) {
  const readme = readFileSync(README, "utf8");
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error("the README has no place for the table");
  writeFileSync(README, `${readme.slice(0, begin)}${BEGIN}\n${text}\n\n${readme.slice(end)}`);
}

/** The version of an installed package; not every package exports its own description. */
function versionOf(name) {
  const folders = createRequire(import.meta.url).resolve.paths(name);
  for (const folder of folders) {
    try {
      return JSON.parse(readFileSync(join(folder, name, "package.json"), "utf8")).version;
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
  }
  throw new Error(`${name} is not installed`);
}
