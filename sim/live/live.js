"use strict";
(function () {
  const page = document;
  const find = (id) => page.getElementById(id);
  const make = (name, words, parent) => {
    const made = page.createElement(name);
    if (words !== undefined) made.textContent = words;
    if (parent) parent.appendChild(made);
    return made;
  };
  const given = JSON.parse(find("live-data").textContent);
  const controls = given.controls;
  const fields = controls.map((_, i) => find("control-" + i));
  const token = new URLSearchParams(location.search).get("token");
  const name = Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(16)).join("");
  const PATIENCE = 150; // ms that a first answer in flight may take before a newer request interrupts it
  const MOST_PINS = 4;
  const screen = matchMedia("(max-width: 46rem)");
  const pins = [];
  let answer = null;
  let flight = null; // {abort, started, first}
  let waiting = 0;
  let saying = 0;
  let asked = 0;

  const place = (i) => {
    const field = fields[i];
    return controls[i].kind === "switch" ? Number(field.checked) : Number(field.value);
  };
  const changed = (i) => place(i) !== controls[i].base;
  const values = () => {
    const found = {};
    controls.forEach((control, i) => { if (changed(i)) found[control.key] = control.values[place(i)]; });
    return found;
  };

  function put(i, at) {
    if (controls[i].kind === "switch") fields[i].checked = Boolean(at);
    else fields[i].value = String(at);
    describe(i);
  }

  function describe(i) {
    const control = controls[i];
    fields[i].parentElement.classList.toggle("changed", changed(i));
    if (control.kind === "slider") {
      const words = control.words[place(i)];
      find("control-" + i + "-value").textContent = words;
      fields[i].setAttribute("aria-valuetext", changed(i) ? words : words + " (the case)");
    }
  }

  // --- requests: one in flight, and the last wish instead of a queue ---

  function send(path, body, signal) {
    const headers = { Authorization: "Bearer " + token, "Content-Type": "application/json" };
    return fetch(path, { method: "POST", headers, body: JSON.stringify(body), signal });
  }

  function wish() {
    find("reset").disabled = controls.every((_, i) => !changed(i));
    asked += 1;
    clearTimeout(waiting);
    if (flight && !flight.first) {
      waiting = setTimeout(ask, Math.max(0, flight.started + PATIENCE - performance.now()));
    } else ask();
  }

  async function ask() {
    clearTimeout(waiting);
    if (flight) flight.abort.abort();
    const mine = { abort: new AbortController(), started: performance.now(), first: false, wish: asked };
    flight = mine;
    const body = { page: name, values: values(), narrow: screen.matches || pins.length > 0 };
    try {
      const response = await send("numbers", body, mine.abort.signal);
      if (!response.ok) {
        refuse(await response.text());
        return;
      }
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      let rest = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
        rest = lines.pop();
        for (const line of lines) {
          if (flight !== mine) return;
          const found = JSON.parse(line);
          if (found.problem) refuse(found.problem);
          else show(found, body);
          mine.first = true;
          if (asked !== mine.wish) {
            ask();
            return;
          }
        }
      }
    } catch (error) {
      if (flight === mine && error.name !== "AbortError") refuse("The server does not answer. Has it ended?");
    } finally {
      if (flight === mine) flight = null;
    }
  }

  function refuse(words) {
    find("problem").textContent = words;
    find("problem").hidden = false;
    find("progress").textContent = "";
  }

  // --- what is shown ---

  function show(found, body) {
    answer = Object.assign(found, { values: body.values, narrow: body.narrow });
    find("problem").hidden = true;
    find("progress").textContent = found.progress;
    find("sentence").textContent = found.sentence + ".";
    find("command").textContent = found.command;
    for (const row of found.rows) {
      const cells = find("row-" + row.key).cells;
      const data = page.createElement("data");
      data.value = row.value;
      data.dataset.se = row.se;
      data.textContent = row.words;
      cells[1].replaceChildren(data);
      cells[2].textContent = row.case;
      cells[3].textContent = row.change;
      if (given.cards.includes(row.key)) card(row);
    }
    for (const figure of page.querySelectorAll("figure")) {
      const key = figure.id.slice("figure-".length);
      const chart = found.figures[key];
      figure.hidden = !chart;
      if (!chart) continue;
      find("title-" + key).textContent = chart.title;
      panel(figure.querySelector(".now"), chart, pins.length ? "now" : "");
      figure.querySelector(".numbers").innerHTML = chart.numbers;
    }
    for (const pin of pins) {
      if (!pin.figures && found.narrow && JSON.stringify(found.values) === JSON.stringify(pin.values)) {
        pin.figures = found.figures;
        beside();
      }
    }
    page.documentElement.dataset.answers = String(Number(page.documentElement.dataset.answers || 0) + 1);
    page.documentElement.dataset.paths = found.paths;
    clearTimeout(saying);
    if (found.is_last) saying = setTimeout(say, 500);
  }

  function card(row) {
    const words = /^(.*) \((.*)\)$/.exec(row.words);
    const parts = words ? [words[1], words[2]] : row.words.split(/(?=\u00a0\u00b1)/);
    find("card-" + row.key).textContent = parts[0];
    const change = row.change === "-" ? "as in the case" : row.change + " from the case";
    find("card-" + row.key + "-change").textContent = (words ? parts[1] : (parts[1] || "").trim()) + (parts[1] ? "; " : "") + change;
  }

  function say() {
    const words = answer.rows.filter((row) => given.cards.includes(row.key)).map((row) => row.name + ": " + row.words + (row.change === "-" ? "" : ", change " + row.change));
    find("said").textContent = words.join(". ") + ".";
  }

  // --- pinned scenarios ---

  function pin() {
    if (!answer || pins.length >= MOST_PINS) return;
    const letter = "ABCD".split("").find((each) => !pins.some((one) => one.letter === each));
    const settings = answer.settings.length ? answer.settings.join("  ") : "the case";
    pins.push({ letter, settings, paths: answer.paths, rows: answer.rows, values: answer.values, at: controls.map((_, i) => place(i)),
      figures: answer.narrow ? answer.figures : null });
    find("said").textContent = "Pinned as " + letter + ": " + settings;
    pinned();
    ask();
  }

  function pinned() {
    find("pin").disabled = pins.length >= MOST_PINS;
    const table = find("results");
    for (const row of table.rows) while (row.cells.length > 4) row.deleteCell(4);
    for (const one of pins) {
      const head = make("th", undefined, table.tHead.rows[0]);
      head.scope = "col";
      make("span", "pinned " + one.letter, head).title = one.settings;
      make("small", one.paths.toLocaleString("en") + " scenarios: " + one.settings, head);
      const use = make("button", "show", head);
      const drop = make("button", "remove", head);
      use.type = drop.type = "button";
      use.setAttribute("aria-label", "Set the controls as in " + one.letter);
      drop.setAttribute("aria-label", "Remove " + one.letter);
      use.addEventListener("click", () => { one.at.forEach((at, i) => put(i, at)); wish(); });
      drop.addEventListener("click", () => { pins.splice(pins.indexOf(one), 1); pinned(); find("pin").focus(); ask(); });
      for (const row of one.rows) make("td", row.words, find("row-" + row.key));
    }
    beside();
  }

  function beside() {
    const last = pins[pins.length - 1];
    for (const figure of page.querySelectorAll("figure")) {
      const chart = last && last.figures && last.figures[figure.id.slice("figure-".length)];
      figure.querySelector(".pinned").hidden = !chart;
      figure.querySelector(".pair").classList.toggle("two", Boolean(last));
      panel(figure.querySelector(".pinned"), chart, last ? "pinned " + last.letter : "");
    }
  }

  function panel(element, chart, words) {
    element.innerHTML = chart ? chart.svg : "";
    if (chart && words) make("p", words, element);
  }

  // --- buttons ---

  fields.forEach((field, i) => field.addEventListener("input", () => { describe(i); wish(); }));
  find("controls").addEventListener("submit", (event) => event.preventDefault());
  find("reset").addEventListener("click", () => { controls.forEach((control, i) => put(i, control.base)); find("said").textContent = "As in the case"; wish(); });
  find("pin").addEventListener("click", pin);
  find("copy").addEventListener("click", async () => {
    const words = answer ? answer.settings.map((text) => "--set '" + text.replaceAll("'", "'\\''") + "'").join(" ") : "";
    try {
      await navigator.clipboard.writeText(words);
      find("said").textContent = words ? "Copied: " + words : "Nothing is changed";
    } catch {
      getSelection().selectAllChildren(find("command"));
      find("said").textContent = "The command is selected: copy it with the keyboard";
    }
    find("copy").classList.add("done");
    setTimeout(() => find("copy").classList.remove("done"), 1200);
  });
  find("download").addEventListener("click", async () => {
    const response = await send("case.toml", { page: name, values: values(), narrow: false });
    if (!response.ok) {
      refuse(await response.text());
      return;
    }
    const link = make("a");
    link.href = URL.createObjectURL(new Blob([await response.arrayBuffer()], { type: "application/toml" }));
    link.download = "changed-case.toml";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
  screen.addEventListener("change", ask);
  fields.forEach((_, i) => describe(i));
  if (screen.matches) page.querySelectorAll("#controls details").forEach((each, i) => { each.open = i < 1; });
  wish();
})();
