/** Light, dark, or the system's: a cookie, so that the server writes the page in the right one. */

const YEAR_SECONDS = 31536000;

/** @param {HTMLElement[]} choices buttons with data-theme-choice */
export function mount(choices) {
  const listening = new AbortController();
  const show = () => {
    const current = document.documentElement.dataset.theme ?? "system";
    for (const choice of choices) {
      choice.ariaPressed = String(choice.dataset.themeChoice === current);
    }
  };
  for (const choice of choices) {
    choice.addEventListener("click", () => {
      const theme = choice.dataset.themeChoice ?? "system";
      if (theme === "system") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = theme;
      document.cookie = `theme=${theme};path=/;max-age=${YEAR_SECONDS};samesite=lax`;
      show();
    }, { signal: listening.signal });
  }
  show();
  return () => listening.abort();
}
