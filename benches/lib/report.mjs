// What was measured, as a table, and the one number that stands for several.

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Prints rows of {measure, value, target, met}. */
export function report(rows) {
  const cells = rows.map(({ measure, value, target = "", met }) => [measure, value, target, verdict(met)]);
  const table = [["measure", "value", "target", "verdict"], ...cells];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  console.log();
  for (const row of table) {
    console.log(row.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd());
  }
}

function verdict(met) {
  if (met === undefined) return "";
  return met ? "met" : "MISSED";
}
