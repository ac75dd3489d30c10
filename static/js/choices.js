/** What a browser keeps for its person, unless they have it keep nothing. */
export const kept = (() => {
  try {
    return localStorage;
  } catch (error) {
    console.warn("This browser keeps no choices:", error);
    return null;
  }
})();
