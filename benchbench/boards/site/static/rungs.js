"use strict";
// The table of a board at another rung of training. Every text, order and mark comes with the page.
(() => {
  const home = document.getElementById("rungs");
  if (!home) return;
  const data = JSON.parse(home.querySelector("script").textContent);
  const table = document.getElementById("board");
  const lines = new Map(Array.from(table.querySelectorAll("tr[data-name]"), (line) => [line.dataset.name, line]));
  const [slider, output, status] = ["input", "output", "[role=status]"].map((which) => home.querySelector(which));

  const element = (name, text) => Object.assign(document.createElement(name), { textContent: text });

  function fillRank(cell, ranks, rank, span, count) {
    cell.dataset.value = rank ?? "";
    cell.querySelector("span").textContent = ranks;
    const bar = cell.querySelector("rect");
    bar.parentElement.toggleAttribute("hidden", !span);
    bar.parentElement.setAttribute("viewBox", `0 0 ${count} 1`);
    bar.setAttribute("x", span ? span[0] - 1 : 0);
    bar.setAttribute("width", span ? span[1] - span[0] + 1 : 0);
  }

  function fillScore(cell, found) {
    const [text, value, margin, best] = found ?? ["–", null, "", 0];
    cell.dataset.value = value ?? "";
    cell.replaceChildren(best ? element("strong", text) : text, ...(margin ? [element("small", margin)] : []));
  }

  function mark(name) { // where the charts have this rung
    for (const stop of document.querySelectorAll("[data-stop]")) stop.classList.toggle("shown", stop.dataset.stop === name);
  }

  function tell() {
    const away = Array.from(lines.values()).filter((line) => "away" in line.dataset).length;
    status.textContent = away ? `${away} of ${lines.size} models have no score there.` : "";
  }

  function show() {
    const rung = data.rungs[slider.value];
    for (const line of lines.values()) line.dataset.away = "";
    const present = (body) => rung.rows.filter(([model]) => lines.get(model).parentElement === body).length;
    for (const [model, ranks, rank, span, rising, cells] of rung.rows) {
      const line = lines.get(model);
      delete line.dataset.away;
      line.parentElement.append(line);
      fillRank(line.querySelector(".rank"), ranks, rank, span, present(line.parentElement));
      line.querySelector(".rising").hidden = !rising;
      const offset = line.cells.length - cells.length;
      cells.forEach((cell, column) => fillScore(line.cells[offset + column], cell));
    }
    output.textContent = rung.name;
    slider.setAttribute("aria-valuetext", rung.name);
    tell();
    document.getElementById("lede").innerHTML = rung.lede;
    mark(rung.name);
    table.dispatchEvent(new Event("rewritten"));
  }

  slider.addEventListener("input", show);
  home.hidden = false;
  mark(data.rungs[data.at].name);
  tell();
  if (Number(slider.value) !== data.at) show(); // a browser that comes back restores the slider
})();
