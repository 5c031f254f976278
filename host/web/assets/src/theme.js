// Runs before anything is painted: the theme of the system, where the person chose none.
const root = document.documentElement;
if (root.dataset.bsTheme === "auto") {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => (root.dataset.bsTheme = dark.matches ? "dark" : "light");
  dark.addEventListener("change", apply);
  apply();
}
