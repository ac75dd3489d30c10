/**
 * The steps of a replay as the server gives them: for each, the keys of the blocks of the sections
 * that changed. What a block says comes once.
 */

const AHEAD = 24;

/**
 * @typedef {{step: number, sections: [number, string[]][]}} Frame
 * @param {object} options
 * @param {string} options.url
 * @param {string} options.until what the steps reach to
 * @param {number} options.last
 */
export function fetchFrames({ url, until, last }) {
  /** @type {Map<string, string>} */
  const blocks = new Map();
  /** Frames that say what changed since the one before. @type {Map<number, Promise<Frame>>} */
  const following = new Map();

  /** @type {(first: number, count: number, known: boolean) => Promise<Frame[]>} */
  const load = async (first, count, known) => {
    const query = new URLSearchParams({
      until, first: String(first), count: String(count), known: known ? "1" : "0",
    });
    const response = await fetch(`${url}?${query}`, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new TypeError(`the server answered ${response.status}`);
    const found = await response.json();
    for (const [key, html] of Object.entries(found.blocks)) blocks.set(key, html);
    return found.frames;
  };
  /** @param {number} step */
  const ahead = (step) => {
    if (step > last || following.has(step)) return;
    const batch = load(step, AHEAD, true);
    for (let each = step; each < Math.min(step + AHEAD, last + 1); each += 1) {
      following.set(each, batch.then((frames) => frames[each - step]));
    }
    // Of what takes long the server gives less at once.
    batch.then((frames) => {
      for (let each = step + frames.length; each < step + AHEAD; each += 1) following.delete(each);
    }, () => following.clear());
  };

  return {
    blocks,
    /**
     * What leads from one step to another.
     * @param {number} shown -1: nothing is
     * @param {number} wanted
     */
    from: async (shown, wanted) => {
      if (shown >= 0 && wanted === shown + 1) {
        ahead(wanted);
        const frame = await following.get(wanted);
        ahead(wanted + 1);
        ahead(wanted + AHEAD / 2);
        if (frame) return [frame];
      }
      const [frame] = await load(wanted, 1, false);
      return [{ ...frame, isWhole: true }];
    },
  };
}
