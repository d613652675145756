// A small seeded generator of numbers (mulberry32): the same seed and index always make the same request.

function mulberry32(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Choices for request number `index` of a run; independent of every other request's. */
export function choices(seed, index) {
  const start = mulberry32(seed ^ Math.imul(index + 1, 0x9e3779b1));
  const next = mulberry32(start() * 2 ** 32);
  const int = (from, to) => from + Math.floor(next() * (to - from + 1));
  const pick = (list) => list[int(0, list.length - 1)];
  const chance = (probability) => next() < probability;

  /** One of `[value, weight]` pairs. */
  function weighted(pairs) {
    let left = next() * pairs.reduce((sum, [, weight]) => sum + weight, 0);
    const found = pairs.find(([, weight]) => (left -= weight) < 0);
    return (found ?? pairs.at(-1))[0];
  }

  function shuffle(list) {
    const shuffled = [...list];
    for (let last = shuffled.length - 1; last > 0; last -= 1) {
      const other = int(0, last);
      [shuffled[last], shuffled[other]] = [shuffled[other], shuffled[last]];
    }
    return shuffled;
  }

  return { int, pick, chance, weighted, shuffle };
}
