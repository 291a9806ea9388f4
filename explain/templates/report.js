// Draws the figures of the report from the data beside them, in the reader's colours, and in light ones on paper.
(() => {
  const PAPER = 660; // px, what fits between the margins of A4
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const settings = { displayModeBar: false, responsive: true, showTips: false };
  const figures = [...document.querySelectorAll("[data-figure]")].map((place) => ({
    place,
    drawn: JSON.parse(document.querySelector(`[data-for="${place.dataset.figure}"]`).textContent),
  }));
  const pictures = JSON.parse(document.getElementById("pictures").textContent);
  // What is folded up has no width yet; it is drawn when it is opened.
  const shown = ({ place }) => !place.closest("details:not([open])");
  const draw = (theme, width) => figures.filter(shown).forEach(({ place, drawn }) => {
    const { data, layout } = structuredClone(drawn[theme]);
    for (const image of layout.images || []) image.source = pictures[image.source];
    const across = width || place.clientWidth;
    // Square panels that a narrow page makes small need less height than the figure was made for.
    const { columns, lines, square } = layout.meta || {};
    if (square) layout.height -= lines * Math.max(0, square - (across - 12) / columns);
    place.style.minHeight = `${layout.height}px`;
    Plotly.react(place, data, width ? { ...layout, width } : layout, settings);
  });
  const onScreen = () => draw(dark.matches ? "dark" : "light");
  document.addEventListener("toggle", onScreen, true);
  dark.addEventListener("change", onScreen);
  addEventListener("beforeprint", () => draw("light", PAPER));
  addEventListener("afterprint", onScreen);
  onScreen();
})();
