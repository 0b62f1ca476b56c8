"use strict";
// Two pictures of one face over each other, their errors, their scores and their colours.
(() => {
  const home = document.getElementById("gallery");
  if (!home) return;
  const part = (role) => home.querySelector(`[data-role="${role}"]`);
  const boards = JSON.parse(part("data").textContent);
  const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const SVG = "http://www.w3.org/2000/svg";
  const INPUT = ".input"; // no model can be called that
  const TRUTH = ".truth";
  const state = { board: boards[0], image: 0, a: INPUT, b: "" };

  // Choices: the degraded input and the truth, which every board has, before its models.
  const choices = () => [
    { key: INPUT, name: "degraded input", ...state.board.input, scores: null },
    { key: TRUTH, name: "truth", ...state.board.truth, scores: null },
    ...state.board.models.map((model) => ({ key: model.name, ...model })),
  ];
  const chosen = (side) => choices().find((choice) => choice.key === state[side]) ?? choices()[0];
  const leader = (board) => (board.models.find((model) => model.competes) ?? board.models[0]).name;

  function draw(layer, strip, words) {
    const size = state.board.size;
    for (const svg of home.querySelectorAll(`[data-layer="${layer}"]`)) {
      svg.setAttribute("viewBox", `${state.image * size} 0 ${size} ${size}`);
      if (!svg.hasAttribute("aria-hidden")) svg.setAttribute("aria-label", words);
      const image = svg.querySelector("image");
      image.setAttribute("href", strip.file);
      image.setAttribute("width", size * state.board.ids.length);
      image.setAttribute("height", size);
    }
  }

  function slide() {
    const share = part("slider").value;
    part("stage").style.setProperty("--share", `${share}%`);
    part("slider").setAttribute("aria-valuetext", `${share} % ${chosen("a").name}, ${100 - share} % ${chosen("b").name}`);
  }

  function show() {
    const id = state.board.ids[state.image];
    const [a, b] = ["a", "b"].map(chosen);
    for (const [side, choice] of [["a", a], ["b", b]]) {
      draw(side, choice, `${id}, ${choice.name}`);
      part(`tag-${side}`).textContent = choice.name;
      part(`name-${side}`).textContent = choice.name;
      part(`caption-${side}`).textContent = choice.name;
      part(`error-${side}`).setAttribute("aria-label", `Error map of ${choice.name}`);
    }
    draw("truth", state.board.truth, `${id}, as it was`);
    slide();
    amplify();
    scores(a, b);
    histograms(a, b);
    part("to-board").setAttribute("href", `boards/${state.board.id}.html`);
    part("to-board").textContent = `All scores of ${state.board.title}`;
    remember();
  }

  function amplify() {
    const gain = part("gain").value;
    for (const side of ["a", "b"]) part(`error-${side}`).dataset.gain = gain;
    part("most").textContent = `${100 / gain} % of the range and more`;
  }

  function scores(a, b) {
    const table = part("scores");
    const row = (tag, texts) => {
      const line = document.createElement("tr");
      line.append(...texts.map((text, index) => {
        const cell = document.createElement(index === 0 || tag === "th" ? "th" : "td");
        if (cell.tagName === "TH") cell.scope = tag === "th" ? "col" : "row";
        cell.append(Object.assign(document.createElement("bdi"), { textContent: text }));
        return cell;
      }));
      return line;
    };
    const known = (choice) => (choice.key === INPUT ? state.board.models.find((model) => model.is_input) : choice);
    const of = (choice, index) => {
      const score = known(choice)?.scores?.[index][state.image];
      return score === undefined || score === null ? "–" : score.toFixed(state.board.metrics[index].digits);
    };
    const marked = (line, higher) => {
      const [left, right] = [1, 2].map((index) => Number(line.cells[index].textContent));
      if (Number.isFinite(left - right) && left !== right) line.cells[left > right === higher ? 1 : 2].className = "better";
      return line;
    };
    table.tHead.replaceChildren(row("th", ["metric", a.name, b.name]));
    table.tBodies[0].replaceChildren(...state.board.metrics.map((metric, index) =>
      marked(row("td", [`${metric.name} ${metric.higher ? "↑" : "↓"}${metric.unit ? ` [${metric.unit}]` : ""}`, of(a, index), of(b, index)]), metric.higher)));
  }

  function histograms(a, b) {
    part("histograms").replaceChildren(...["red", "green", "blue"].map((colour, channel) => {
      const svg = document.createElementNS(SVG, "svg");
      svg.setAttribute("viewBox", "0 0 160 80");
      svg.setAttribute("role", "img");
      svg.setAttribute("aria-label", `Histogram of ${colour} of the truth, ${a.name} and ${b.name}`);
      const sides = [["fill", state.board.truth], ["line-a", a], ["line-b", b]];
      const levels = sides.map(([, strip]) => {
        const digits = strip.histograms[state.image];
        const bins = digits.length / 3;
        return Array.from(digits.slice(channel * bins, (channel + 1) * bins), (digit) => DIGITS.indexOf(digit));
      });
      const most = Math.max(1, ...levels.flat());
      sides.forEach(([kind], index) => {
        const bins = levels[index].length;
        const steps = levels[index].map((level, bin) => `L${(160 * (bin + 0.5)) / bins} ${78 - (74 * level) / most}`).join("");
        const path = document.createElementNS(SVG, "path");
        path.setAttribute("class", kind);
        path.setAttribute("d", `M0 78${steps}L160 78`);
        svg.append(path);
      });
      const figure = document.createElement("figure");
      figure.append(svg, Object.assign(document.createElement("figcaption"), { textContent: colour }));
      return figure;
    }));
  }

  function fillModels() {
    const names = new Set(choices().map((choice) => choice.key));
    if (!names.has(state.a)) state.a = INPUT;
    if (!names.has(state.b)) state.b = leader(state.board);
    state.image = Math.min(state.image, state.board.ids.length - 1);
    for (const side of ["a", "b"]) {
      part(side).replaceChildren(...choices().map((choice) => new Option(choice.name, choice.key, false, choice.key === state[side])));
    }
    part("images").replaceChildren(...state.board.ids.map((id, index) => {
      const label = document.createElement("label");
      const radio = Object.assign(document.createElement("input"), { type: "radio", name: "image", value: index, checked: index === state.image });
      radio.setAttribute("aria-label", id);
      radio.addEventListener("change", () => { state.image = index; show(); });
      const svg = document.createElementNS(SVG, "svg");
      const size = state.board.size;
      svg.setAttribute("class", "face");
      svg.setAttribute("viewBox", `${index * size} 0 ${size} ${size}`);
      svg.setAttribute("aria-hidden", "true");
      const image = document.createElementNS(SVG, "image");
      image.setAttribute("href", state.board.truth.file);
      image.setAttribute("width", size * state.board.ids.length);
      image.setAttribute("height", size);
      svg.append(image);
      label.title = id;
      label.append(radio, svg);
      return label;
    }));
  }

  function remember() {
    const where = new URLSearchParams({ board: state.board.id, image: state.board.ids[state.image], a: state.a, b: state.b });
    try { history.replaceState(null, "", `#${where}`); } catch { /* some browsers forbid it in a file */ }
  }

  function recall() {
    const where = new URLSearchParams(location.hash.slice(1));
    state.board = boards.find((board) => board.id === where.get("board")) ?? boards[0];
    state.image = Math.max(0, state.board.ids.indexOf(where.get("image")));
    state.a = where.get("a") ?? INPUT;
    state.b = where.get("b") ?? leader(state.board);
    part("board").value = state.board.id;
    fillModels();
    show();
  }

  function fillBoards() {
    const leagues = new Map();
    for (const board of boards) {
      if (!leagues.has(board.league)) leagues.set(board.league, Object.assign(document.createElement("optgroup"), { label: board.league }));
      leagues.get(board.league).append(new Option(board.title, board.id));
    }
    part("board").append(...leagues.values());
  }

  fillBoards();
  home.hidden = false;
  part("board").addEventListener("change", (event) => {
    state.board = boards.find((board) => board.id === event.target.value);
    fillModels();
    show();
  });
  for (const side of ["a", "b"]) part(side).addEventListener("change", (event) => { state[side] = event.target.value; show(); });
  part("swap").addEventListener("click", () => { [state.a, state.b] = [state.b, state.a]; fillModels(); show(); });
  part("slider").addEventListener("input", slide);
  part("gain").addEventListener("change", amplify);
  addEventListener("hashchange", recall);
  recall();
})();
