"use strict";
(function () {
  const page = document;
  const find = (id) => page.getElementById(id);
  const given = JSON.parse(find("picker-data").textContent);
  const axes = given.axes;
  const measures = given.measures;
  const sliders = axes.map((_, i) => find("slider-" + i));
  const rows = Array.from(page.querySelectorAll("#picker-results tbody tr"));
  const reset = find("picker-reset");
  const said = find("picker-said");
  const base = axes.map((axis) => axis.base);
  let waiting = 0;

  const choice = () => sliders.map((slider, i) => (slider ? Number(slider.value) : base[i]));
  const place = (at) => at.reduce((sum, n, i) => sum * axes[i].words.length + n, 0);

  function shape(name, attributes, parent) {
    const made = page.createElementNS("http://www.w3.org/2000/svg", name);
    for (const key of Object.keys(attributes)) made.setAttribute(key, attributes[key]);
    parent.appendChild(made);
    return made;
  }

  // The case as a triangle, the choice as a point with its 95% interval, on the range of all choices.
  const strips = measures.map((measure, row) => {
    const low = Math.min(...measure.low);
    const high = Math.max(...measure.high);
    const x = (value) => 8 + (164 * (value - low)) / (high - low || 1);
    const at = x(measure.values[place(base)]);
    const svg = shape("svg", { viewBox: "0 0 180 26", width: 180, height: 26, "aria-hidden": "true" }, rows[row].querySelector(".strip"));
    shape("line", { x1: 8, x2: 172, y1: 13, y2: 13, stroke: "#bdbdbd", "stroke-width": 2 }, svg);
    shape("path", { d: "M" + at + " 15l-5 9h10z", fill: "#c46a00" }, svg);
    const line = shape("line", { y1: 13, y2: 13, stroke: "#08306b", "stroke-width": 5 }, svg);
    const dot = shape("circle", { cy: 13, r: 5, fill: "#08306b" }, svg);
    return (n) => {
      line.setAttribute("x1", x(measure.low[n]));
      line.setAttribute("x2", x(measure.high[n]));
      dot.setAttribute("cx", x(measure.values[n]));
    };
  });

  function show(speak) {
    const at = choice();
    const n = place(at);
    const same = at.every((value, i) => value === base[i]);
    sliders.forEach((slider, i) => {
      if (!slider) return;
      const words = axes[i].words[at[i]];
      find("slider-" + i + "-value").textContent = words;
      slider.setAttribute("aria-valuetext", at[i] === base[i] ? words + " (the case)" : words);
    });
    measures.forEach((measure, row) => {
      rows[row].querySelector(".chosen").textContent = measure.words[n];
      rows[row].querySelector(".change").textContent = measure.changes[n];
      strips[row](n);
    });
    reset.disabled = same;
    clearTimeout(waiting);
    if (speak) {
      // Spoken once the slider rests, not at every stop it passes.
      waiting = setTimeout(() => {
        const parts = measures.map((measure) => measure.name + ": " + measure.words[n] + (same ? "" : ", change " + measure.changes[n]));
        said.textContent = (same ? "The case. " : "") + parts.join(". ") + ".";
      }, 400);
    }
  }

  sliders.forEach((slider) => slider && slider.addEventListener("input", () => show(true)));
  reset.addEventListener("click", () => {
    sliders.forEach((slider, i) => { if (slider) slider.value = String(base[i]); });
    const first = sliders.find((slider) => slider);
    if (first) first.focus();
    show(true);
  });
  find("picker").hidden = false;
  show(false);
})();
