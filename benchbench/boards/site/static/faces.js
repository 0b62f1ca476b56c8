"use strict";
// Faces: which test image a wall shows, and a face that is clicked on, large, beside what it came from.
(() => {
  const part = (name, kind) => Object.assign(document.createElement(name), { className: kind });
  const facesIn = (owner) => Array.from(owner.querySelectorAll("svg.face"));

  function turn(position) { // every wall of the page to one image
    for (const item of document.querySelectorAll(".wall [data-scores]")) {
      for (const face of facesIn(item)) {
        const size = face.viewBox.baseVal.width;
        face.setAttribute("viewBox", `${position * size} 0 ${size} ${size}`);
      }
      const score = item.querySelector(".score");
      if (score) score.textContent = item.dataset.scores.split("\t")[position] ?? "";
    }
  }

  function enlarge(button) {
    const wall = button.closest(".wall");
    const beside = wall ? [".is-input", ".is-truth"].map((which) => wall.querySelector(which)).filter(Boolean) : [];
    const shown = wall ? [beside[0], button.closest("li"), beside[1]].filter((item, n, all) => item && all.indexOf(item) === n) : facesIn(button);
    const dialog = part("dialog", "large");
    const trio = part("div", "together");
    for (const item of shown) {
      const figure = document.createElement("figure");
      const face = item.matches("svg") ? item : facesIn(item)[0];
      const words = item.querySelector?.("figcaption, .words")?.innerText ?? face.getAttribute("aria-label") ?? "";
      figure.append(face.cloneNode(true), Object.assign(part("figcaption", ""), { textContent: words.replaceAll("\n", " · ") }));
      trio.append(figure);
    }
    const close = Object.assign(part("button", ""), { type: "button", textContent: "Close" });
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener("close", () => { dialog.remove(); button.focus(); });
    dialog.append(trio, close);
    document.body.append(dialog);
    dialog.showModal();
  }

  for (const chooser of document.querySelectorAll("[data-turns]")) {
    chooser.hidden = false;
    chooser.addEventListener("change", (event) => turn(Number(event.target.value)));
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.zoom");
    if (button) enlarge(button);
  });
})();
