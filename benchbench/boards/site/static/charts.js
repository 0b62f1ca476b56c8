"use strict";
// Pointing at a name in a legend brings its line forward.
for (const figure of document.querySelectorAll("figure.lines")) {
  const lines = figure.querySelectorAll(".chart .series");
  const show = (number) => lines.forEach((line, own) => line.classList.toggle("back", number !== null && own !== number));
  for (const item of figure.querySelectorAll("[data-series]")) {
    const number = Number(item.dataset.series);
    for (const begin of ["mouseenter", "focusin"]) item.addEventListener(begin, () => show(number));
    for (const end of ["mouseleave", "focusout"]) item.addEventListener(end, () => show(null));
  }
}
