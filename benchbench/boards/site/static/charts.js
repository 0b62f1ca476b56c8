"use strict";
// Charts that tell of the point under the pointer, the finger or the keys; a name in the legend brings its line forward.
(() => {
  const REACH = 40; // CSS pixels within which a point counts as meant

  function pointsOf(line, number) {
    const places = line.querySelector("path").getAttribute("d").slice(1).split(" ").map((place) => place.split(",").map(Number));
    const told = line.dataset.points.split("\n").map((text) => text.split("\t"));
    return places.map(([x, y], index) => ({ x, y, number, index, told: told[index] }));
  }

  function element(name, text, kind = "") {
    return Object.assign(document.createElement(name), { textContent: text, className: kind });
  }

  function words(label, text) { // "psnr [dB]" and "24.1" -> "psnr 24.1 dB"
    const [, name, unit] = label.match(/^(.*?)(?: \[(.*)\])?(?: [↑↓]| → 0)?$/);
    return `${name} ${text}${unit ? ` ${unit}` : ""}`;
  }

  function enliven(figure) {
    const chart = figure.querySelector(".chart");
    const lines = Array.from(chart.querySelectorAll(".series"));
    const names = lines.map((line) => line.querySelector("title").textContent);
    const points = lines.map(pointsOf);
    const tip = element("div", "", "tip");
    const ring = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    let current = null;

    const forward = (number) => lines.forEach((line, own) => line.classList.toggle("back", number !== null && own !== number));

    function hide() {
      current = null;
      tip.hidden = true;
      ring.remove();
      forward(null);
    }

    function show(point) {
      if (!point) return hide();
      current = point;
      const [across, up, more] = point.told;
      tip.replaceChildren(element("strong", names[point.number]),
        element("span", words(chart.dataset.up, up)), element("span", words(chart.dataset.across, across)));
      if (more) tip.append(element("span", more, "quiet"));
      tip.hidden = false;
      for (const [key, value] of Object.entries({ cx: point.x, cy: point.y, r: 6, class: "ring" })) ring.setAttribute(key, value);
      chart.append(ring);
      forward(point.number);
      place(point);
    }

    function place(point) {
      const [box, own] = [chart.getBoundingClientRect(), figure.getBoundingClientRect()];
      const scale = box.width / chart.viewBox.baseVal.width;
      const left = box.left - own.left + point.x * scale;
      const beside = left + 14 + tip.offsetWidth > own.width ? left - 14 - tip.offsetWidth : left + 14;
      tip.style.left = `${Math.max(0, beside)}px`;
      tip.style.top = `${box.top - own.top + point.y * scale + 10}px`;
    }

    function near(event) {
      const box = chart.getBoundingClientRect();
      const scale = box.width / chart.viewBox.baseVal.width;
      const [x, y] = [(event.clientX - box.left) / scale, (event.clientY - box.top) / scale];
      const far = (point) => Math.hypot(point.x - x, point.y - y);
      const nearest = points.flat().reduce((best, point) => (far(point) <= far(best) ? point : best));
      return far(nearest) * scale <= REACH ? nearest : null;
    }

    function step(key) {
      if (!current) return points.find((line) => line.length).at(-1);
      const line = points[current.number];
      if (key === "ArrowLeft" || key === "ArrowRight") return line[current.index + (key === "ArrowLeft" ? -1 : 1)] ?? current;
      const others = points.filter((other) => other.length); // the next line up or down at about the same place across
      const above = others.map((other) => other.reduce((best, point) => (Math.abs(point.x - current.x) < Math.abs(best.x - current.x) ? point : best)));
      above.sort((a, b) => b.y - a.y || a.number - b.number);
      return above[above.findIndex((point) => point.number === current.number) + (key === "ArrowUp" ? 1 : -1)] ?? current;
    }

    for (const line of lines) line.querySelector("title").remove(); // the browser would show it as well
    tip.hidden = true;
    tip.setAttribute("role", "status");
    figure.append(tip);
    chart.setAttribute("tabindex", "0");
    chart.setAttribute("role", "application");
    chart.setAttribute("aria-roledescription", "chart: the arrow keys go from point to point and from line to line");
    for (const name of ["pointermove", "pointerdown"]) chart.addEventListener(name, (event) => show(near(event)));
    chart.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") hide(); });
    chart.addEventListener("blur", hide);
    chart.addEventListener("keydown", (event) => {
      if (event.key === "Escape") return hide();
      if (!event.key.startsWith("Arrow")) return;
      event.preventDefault();
      show(step(event.key));
    });
    for (const item of figure.querySelectorAll("[data-series]")) {
      const number = Number(item.dataset.series);
      for (const begin of ["mouseenter", "focusin"]) item.addEventListener(begin, () => forward(number));
      for (const end of ["mouseleave", "focusout"]) item.addEventListener(end, () => forward(null));
    }
  }

  for (const figure of document.querySelectorAll("figure.lines")) if (figure.querySelector(".chart")) enliven(figure);
})();
