"use strict";
// Each test image as a dot: its score by one model against its score by another, with its picture.
(() => {
  const home = document.getElementById("scatter");
  if (!home) return;
  const part = (role) => home.querySelector(`[data-role="${role}"]`);
  const data = JSON.parse(part("data").textContent);
  const [plot, detail, x, y, metric] = ["plot", "detail", "x", "y", "metric"].map(part);
  const root = document.querySelector("link[rel=stylesheet]").getAttribute("href").replace("static/site.css", "");
  const BOX = { left: 52, top: 12, width: 416, height: 360 };
  const SVG = "http://www.w3.org/2000/svg";
  let points = [];
  let current = null;

  function make(name, attributes = {}, text = "") {
    const element = document.createElementNS(SVG, name);
    for (const [key, own] of Object.entries(attributes)) element.setAttribute(key, own);
    if (text) element.textContent = text;
    return element;
  }

  function fill(select, names, chosen) {
    select.append(...names.map((name, index) => new Option(name, index, false, index === chosen)));
  }

  function ticks(low, high) {
    const rough = (high - low) / 7;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
    const found = [];
    for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-9; value += step) found.push(value);
    return found;
  }

  function draw() {
    const facts = data.metrics[metric.value];
    const [across, up] = [x, y].map((select) => data.models[select.value].scores[metric.value]);
    const both = data.ids.map((id, index) => ({ id, index, x: across[index], y: up[index] })).filter((p) => p.x !== null && p.y !== null);
    const all = both.flatMap((p) => [p.x, p.y]);
    const grid = make("g", { class: "grid" });
    points = [];
    current = null;
    if (both.length) {
      const spread = Math.max(...all) - Math.min(...all) || 1;
      const [low, high] = [Math.min(...all) - 0.03 * spread, Math.max(...all) + 0.03 * spread];
      const place = (p) => [BOX.left + BOX.width * (p.x - low) / (high - low), BOX.top + BOX.height * (1 - (p.y - low) / (high - low))];
      for (const value of ticks(low, high)) {
        const [px, py] = place({ x: value, y: value });
        const text = String(Number(value.toPrecision(4)));
        grid.append(make("path", { d: `M${BOX.left} ${py}h${BOX.width}` }),
          make("text", { x: BOX.left - 6, y: py + 4, class: "end" }, text),
          make("text", { x: px, y: BOX.top + BOX.height + 16, class: "middle" }, text));
      }
      grid.append(make("path", { class: "equal", d: `M${BOX.left} ${BOX.top + BOX.height}L${BOX.left + BOX.width} ${BOX.top}` }));
      points = both.sort((a, b) => a.x - b.x).map((p) => {
        const [cx, cy] = place(p);
        const sampled = data.sampled.indexOf(p.id);
        return { ...p, cx, cy, sampled, dot: make("circle", { cx, cy, r: sampled < 0 ? 3.5 : 5.5, class: sampled < 0 ? "" : "sampled" }) };
      });
    }
    const unit = facts.unit ? ` [${facts.unit}]` : "";
    const middle = BOX.top + BOX.height / 2;
    grid.append(make("text", { x: BOX.left + BOX.width / 2, y: BOX.top + BOX.height + 36, class: "middle" }, `${facts.name}${unit}, across`),
      make("text", { x: 12, y: middle, class: "middle", transform: `rotate(-90 12 ${middle})` }, `${facts.name}${unit}, up`));
    plot.replaceChildren(grid, ...points.map((p) => p.dot));
    summarise(facts, both);
  }

  function summarise(facts, both) {
    const better = both.filter((p) => (facts.higher ? p.y > p.x : p.y < p.x)).length;
    const text = document.createElement("p");
    text.append(strong(data.models[y.value].name), ` is better than `, strong(data.models[x.value].name), ` on ${better} of ${both.length} images.`);
    const parts = [text];
    const missing = data.ids.length - both.length;
    if (missing) parts.push(paragraph(`${missing} images are left out: they have no score.`));
    parts.push(paragraph("On the line both are equal. Choose a dot to see its image."));
    detail.replaceChildren(...parts);
  }

  const paragraph = (words) => Object.assign(document.createElement("p"), { textContent: words, className: "quiet" });
  const strong = (words) => Object.assign(document.createElement("bdi"), { textContent: words });

  function picture(file, position, words) {
    const size = data.size;
    const count = data.sampled.length;
    const face = make("svg", { class: "face", viewBox: `${position * size} 0 ${size} ${size}`, role: "img", "aria-label": words });
    face.append(make("image", { href: root + file, width: size * count, height: size }));
    const figure = document.createElement("figure");
    const caption = document.createElement("figcaption");
    caption.append(strong(words));
    figure.append(face, caption);
    return figure;
  }

  function choose(point) {
    if (!point) return;
    current?.dot.classList.remove("chosen");
    current = point;
    point.dot.classList.add("chosen");
    plot.append(point.dot);
    const facts = data.metrics[metric.value];
    const title = document.createElement("h3");
    title.append(strong(point.id));
    const rows = [[x, point.x], [y, point.y]].map(([select, score]) => {
      const line = document.createElement("p");
      line.append(strong(data.models[select.value].name), ` ${score.toFixed(facts.digits)} ${facts.unit}`);
      return line;
    });
    const pictures = document.createElement("div");
    pictures.className = "pictures";
    if (point.sampled >= 0) {
      pictures.append(picture(data.input.file, point.sampled, "input"));
      for (const select of [x, y]) {
        const model = data.models[select.value];
        if (model.file) pictures.append(picture(model.file, point.sampled, model.name));
      }
      pictures.append(picture(data.truth.file, point.sampled, "truth"));
    } else {
      pictures.append(paragraph("No picture of this image is kept."));
    }
    detail.replaceChildren(title, ...rows, pictures);
  }

  function nearest(event) {
    const box = plot.getBoundingClientRect();
    const scale = plot.viewBox.baseVal.width / box.width;
    const [px, py] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    const distance = (p) => (p.cx - px) ** 2 + (p.cy - py) ** 2;
    const best = points.reduce((a, b) => (a && distance(a) <= distance(b) ? a : b), null);
    return best && distance(best) < 24 ** 2 ? best : null;
  }

  function step(event) {
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!by || !points.length) return;
    event.preventDefault();
    const at = current ? points.indexOf(current) + by : 0;
    choose(points[Math.max(0, Math.min(points.length - 1, at))]);
  }

  function drawable() { // the first metric that leaves anything to draw
    const shown = [x, y].map((select) => data.models[select.value].scores);
    const has = (metric) => data.ids.some((_, image) => shown.every((scores) => scores[metric][image] !== null));
    return Math.max(0, data.metrics.findIndex((_, metric) => has(metric)));
  }

  const names = data.models.map((model) => model.name);
  const idle = data.models.findIndex((model) => model.is_input);
  const [up, across] = (data.pair ?? []).map((name) => names.indexOf(name));
  fill(x, names, across ?? (idle >= 0 ? idle : Math.min(1, names.length - 1)));
  fill(y, names, up ?? Math.max(0, data.models.findIndex((model) => model.competes)));
  fill(metric, data.metrics.map((facts) => facts.name), drawable());
  for (const select of [x, y, metric]) select.addEventListener("change", draw);
  for (const kind of ["pointermove", "click"]) plot.addEventListener(kind, (event) => { const p = nearest(event); if (p && p !== current) choose(p); });
  plot.addEventListener("keydown", step);
  draw();
})();
