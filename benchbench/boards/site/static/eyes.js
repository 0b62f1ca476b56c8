"use strict";
// The blind test: two restorations of a face, two questions, and a file of votes. Nothing leaves the browser.
(() => {
  const home = document.getElementById("eyes");
  if (!home) return;
  const part = (role) => home.querySelector(`[data-role="${role}"]`);
  const data = JSON.parse(part("data").textContent);
  const WORDS = {
    natural: ["Which looks more natural?", "input", "degraded: all that they were given"],
    closer: ["Which is closer to the original?", "truth", "the original"],
  };
  const STORE = `benchbench-eyes-${data.id}`;
  const chance = () => crypto.getRandomValues(new Uint32Array(1))[0] / 2 ** 32;
  let state = recalled() ?? begun();

  function shuffled(list) {
    const order = [...list];
    for (let last = order.length - 1; last > 0; last -= 1) {
      const other = Math.floor(chance() * (last + 1));
      [order[last], order[other]] = [order[other], order[last]];
    }
    return order;
  }

  // The pairs of a voter: whole boards, drawn by chance, since what links the models of a board tells most together.
  function drawn() {
    const boards = shuffled(new Set(data.pairs.map((pair) => pair.board)));
    const indices = shuffled(data.pairs.keys());
    return shuffled(boards.flatMap((board) => indices.filter((index) => data.pairs[index].board === board)).slice(0, data.asked));
  }

  // A voter, pairs in an order drawn by chance with their sides so drawn, and the answers, two a pair.
  function begun() {
    const voter = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    const order = drawn();
    return { voter, order, turned: order.map(() => chance() < 0.5), answers: [] };
  }

  function recalled() {
    try { // some browsers have no store for files
      const known = JSON.parse(localStorage.getItem(STORE));
      const whole = (list) => Array.isArray(list) && list.length === data.asked;
      return whole(known.order) && whole(known.turned) && Array.isArray(known.answers) ? known : null;
    } catch { return null; }
  }

  function remember() {
    try { localStorage.setItem(STORE, JSON.stringify(state)); } catch { /* then a reload begins anew */ }
  }

  const sides = (turn) => (state.turned[turn] ? [1, 0] : [0, 1]);
  const judged = () => Math.floor(state.answers.length / data.questions.length);

  function draw(role, file, pair) {
    const image = part(role).querySelector("image");
    const inset = 0.5; // pixel: enlarged smoothly, the edge would take from the next image of the strip
    part(role).setAttribute("viewBox", `${pair.image * pair.size + inset} ${inset} ${pair.size - 2 * inset} ${pair.size - 2 * inset}`);
    image.setAttribute("href", file);
    image.setAttribute("width", pair.size * pair.count);
    image.setAttribute("height", pair.size);
  }

  function show() {
    const turn = Math.min(judged(), data.asked - 1);
    const done = judged() === data.asked;
    const pair = data.pairs[state.order[turn]];
    const [question, between, caption] = WORDS[data.questions[done ? data.questions.length - 1 : state.answers.length % data.questions.length]];
    const [left, right] = sides(turn);
    draw("left", pair.strips[left], pair);
    draw("right", pair.strips[right], pair);
    draw("between", pair[between], pair);
    part("between").setAttribute("aria-label", caption);
    part("caption-between").textContent = caption;
    part("question").textContent = done ? "That was the last pair. Thank you! Now download your votes." : question;
    part("bar").value = judged();
    part("progress").textContent = `${judged()} of ${data.asked} pairs`;
    for (const button of home.querySelectorAll("[data-answer]")) button.disabled = done;
    part("undo").disabled = state.answers.length === 0;
    part("save").disabled = judged() === 0;
    part("again").disabled = state.answers.length === 0;
  }

  function change(act) {
    act();
    part("saved").textContent = "";
    remember();
    show();
  }

  function answer(side) {
    if (judged() < data.asked) change(() => state.answers.push(side));
  }

  function undo() {
    change(() => state.answers.pop());
  }

  function votes() {
    return Array.from({ length: judged() }, (_, turn) => {
      const { pictures } = data.pairs[state.order[turn]];
      const [left, right] = sides(turn).map((side) => pictures[side]);
      const given = data.questions.map((question, index) => [question, state.answers[turn * data.questions.length + index]]);
      return { left, right, ...Object.fromEntries(given) };
    });
  }

  function save() {
    const text = JSON.stringify({ schema: data.schema, voter: state.voter, votes: votes() }, null, 1);
    const link = Object.assign(document.createElement("a"), { download: "votes.json" });
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    part("saved").textContent = `votes.json has your votes on ${judged()} pair${judged() === 1 ? "" : "s"}. You may go on: a later file holds them, too.`;
  }

  const KEYS = { ArrowLeft: () => answer("left"), ArrowDown: () => answer("tie"), ArrowRight: () => answer("right"), Backspace: undo };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
    event.preventDefault();
    if (!event.repeat) KEYS[event.key]();
  });
  for (const button of home.querySelectorAll("[data-answer]")) button.addEventListener("click", () => answer(button.dataset.answer));
  part("undo").addEventListener("click", undo);
  part("save").addEventListener("click", save);
  part("again").addEventListener("click", () => { if (confirm("Forget these votes, and begin anew?")) change(() => { state = begun(); }); });
  home.hidden = false;
  show();
})();
