/** Going to places in a manuscript whose far sections were never laid out. */

const FRAMES_UNTIL_LAID_OUT = 6;

/**
 * Scrolls to an element. The heights of sections that were never seen are guesses: on the way to a
 * far one they become known, and it stands elsewhere.
 * @param {() => Element} find may give another element once the text was drawn again
 * @param {"start" | "center"} block where it comes to stand
 */
export function bringIntoView(find, block) {
  if (Math.abs(find().getBoundingClientRect().top) < innerHeight) {
    find().scrollIntoView({ block, behavior: "smooth" });
    return;
  }
  let frames = FRAMES_UNTIL_LAID_OUT;
  const land = () => {
    find().scrollIntoView({ block });
    if (frames--) requestAnimationFrame(land);
  };
  land();
}
