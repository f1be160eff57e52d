"use strict";
// Columns of digits arrive as base64 of little-endian typed arrays; positions are in mm, y downwards.
const data = JSON.parse(document.getElementById("event-data").textContent);
const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const u = bytes(data.u), v = new Uint16Array(bytes(data.v).buffer);
const charge = new Uint16Array(bytes(data.charge).buffer), label = new Uint16Array(bytes(data.label).buffer);
const kind = data.kind === null ? new Uint8Array(u.length) : bytes(data.kind);
const first = data.offsets, sensors = data.sensors, PITCH_U = 0.05, STEP = 14.5, GAP = 8, HALF = 6.25;
const canvas = document.getElementById("detector"), ink = canvas.getContext("2d"), tip = document.getElementById("tip");
const state = { part: "all", kinds: [true, true], clusters: true, least: 7, x: 0, y: 0, sx: 1, sy: 1, hover: -1 };
let box = { x0: 0, x1: 1, y0: 0, y1: 1 }, buffer = null, waiting = false;

// Geometry of a sensor on the plane, and its clusters.
sensors.forEach((one, index) => {
  const [layer, ladder] = one.name.split(".").map(Number);
  one.layer = layer;
  one.y = layer === 1 ? (8 - ladder) * STEP : 8 * STEP + GAP + (12 - ladder) * STEP;
  one.rowAt = (row) => one.z0 + (row <= one.rows ? row * one.pitch[0] : one.rows * one.pitch[0] + (row - one.rows) * one.pitch[1]);
  one.z1 = one.rowAt(768);
  one.clusters = [];
  for (let i = first[index]; i < first[index + 1]; i++) {
    const at = label[i];
    const c = one.clusters[at] || (one.clusters[at] = { u0: 250, u1: 0, v0: 768, v1: 0, size: 0, charge: 0, seed: 0, signal: 0 });
    c.u0 = Math.min(c.u0, u[i]); c.u1 = Math.max(c.u1, u[i]); c.v0 = Math.min(c.v0, v[i]); c.v1 = Math.max(c.v1, v[i]);
    c.size++; c.charge += charge[i]; c.seed = Math.max(c.seed, charge[i]); c.signal += kind[i] ? 1 : 0;
  }
  one.signal = one.clusters.reduce((sum, c) => sum + (c.signal ? 1 : 0), 0);
});
const sensorOf = new Uint8Array(u.length);
for (let s = 0; s < 40; s++) sensorOf.fill(s, first[s], first[s + 1]);
// Signal is drawn last, and much charge after little, so that neither is hidden where pixels share a dot of the screen.
const order = Uint32Array.from(u.keys()).sort((a, b) => (kind[a] > 0) - (kind[b] > 0) || charge[a] - charge[b]);

const dark = () => {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};
const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const level = (adu) => Math.min(1, Math.max(0, Math.log(adu / data.range[0]) / Math.log(data.range[1] / data.range[0])));
function colourAt(stops, t) {
  const at = Math.min(stops.length - 2, Math.floor(t * (stops.length - 1))), f = t * (stops.length - 1) - at;
  const [a, b] = [rgb(stops[at]), rgb(stops[at + 1])];
  return a.map((value, i) => Math.round(value + f * (b[i] - value)));
}
function tables() { // colour of each charge, as the 32 bits of a pixel of the screen
  return data.scales.map((scale) => Uint32Array.from({ length: 256 }, (_, adu) => {
    const [r, g, b] = colourAt(scale[dark() ? "dark" : "light"], level(Math.max(adu, 1)));
    return (255 << 24) | (b << 16) | (g << 8) | r;
  }));
}
let colours = tables();

const shown = (s) => state.part === "all" || state.part === "s" + s || state.part === String(sensors[s].layer);
const toX = (z) => (z - state.x) * state.sx, toY = (y) => (y - state.y) * state.sy;
const rowEdges = (s, row) => [toX(sensors[s].rowAt(row)), toX(sensors[s].rowAt(row + 1))];
const columnTop = (s, column) => toY(sensors[s].y + HALF - (column + 1) * PITCH_U);

function fit() {
  box = { x0: 1e9, x1: -1e9, y0: 1e9, y1: -1e9 };
  sensors.forEach((one, s) => {
    if (!shown(s)) return;
    box.x0 = Math.min(box.x0, one.z0); box.x1 = Math.max(box.x1, one.z1);
    box.y0 = Math.min(box.y0, one.y - HALF); box.y1 = Math.max(box.y1, one.y + HALF);
  });
  frame(box, 0.01);
  state.untouched = true;
}
function frame(b, margin) { // fill the picture with a box, and leave room for the words at its edges
  const [w, h] = [canvas.clientWidth, canvas.clientHeight], side = state.part[0] === "s" ? 8 : w < 700 ? 44 : 96;
  const left = side, right = side, top = 22, bottom = 34;
  state.untouched = false;
  const [dx, dy] = [(b.x1 - b.x0) * (1 + margin), (b.y1 - b.y0) * (1 + margin)];
  state.sx = (w - left - right) / dx; state.sy = (h - top - bottom) / dy;
  state.x = b.x0 - (dx - (b.x1 - b.x0)) / 2 - left / state.sx;
  state.y = b.y0 - (dy - (b.y1 - b.y0)) / 2 - top / state.sy;
  draw();
}
function zoom(factor, px, py) {
  const [fullX, fullY] = [canvas.clientWidth / (box.x1 - box.x0), canvas.clientHeight / (box.y1 - box.y0)];
  const most = 60 / PITCH_U; // a column of 60 dots
  const f = Math.max(factor, 0.5 * Math.min(fullX / state.sx, fullY / state.sy));
  const [fx, fy] = [Math.min(f, most / state.sx), Math.min(f, most / state.sy)];
  state.x += px / state.sx * (1 - 1 / fx); state.y += py / state.sy * (1 - 1 / fy);
  state.sx *= fx; state.sy *= fy;
  state.untouched = false;
  draw();
}
function draw() {
  if (!waiting) { waiting = true; requestAnimationFrame(() => { waiting = false; paint(); }); }
}

function paint() {
  const ratio = Math.min(window.devicePixelRatio || 1, 2), w = Math.round(canvas.clientWidth * ratio), h = Math.round(canvas.clientHeight * ratio);
  if (canvas.width !== w || canvas.height !== h) { canvas.width = w; canvas.height = h; buffer = null; }
  if (!w || !h) return;
  buffer = buffer || ink.createImageData(w, h);
  const dots = new Uint32Array(buffer.data.buffer), paper = rgb(style("--paper"));
  dots.fill((255 << 24) | (paper[2] << 16) | (paper[1] << 8) | paper[0]);
  const least = ratio; // side of the smallest dot
  for (const i of order) {
    const s = sensorOf[i];
    if (charge[i] < state.least || !state.kinds[kind[i] ? 1 : 0] || !shown(s)) continue;
    let [x0, x1] = rowEdges(s, v[i]);
    let y0 = columnTop(s, u[i]) * ratio, y1 = y0 + PITCH_U * state.sy * ratio;
    x0 *= ratio; x1 = Math.max(x1 * ratio, x0 + least); y1 = Math.max(y1, y0 + least);
    if (x1 < 0 || y1 < 0 || x0 > w || y0 > h) continue;
    const [left, right] = [Math.max(0, Math.round(x0)), Math.min(w, Math.round(x1))];
    const [top, low] = [Math.max(0, Math.round(y0)), Math.min(h, Math.round(y1))];
    const colour = colours[kind[i] ? 1 : 0][Math.min(charge[i], 255)];
    for (let y = top; y < low; y++) dots.fill(colour, y * w + left, y * w + right);
  }
  ink.setTransform(1, 0, 0, 1, 0, 0);
  ink.putImageData(buffer, 0, 0);
  ink.setTransform(ratio, 0, 0, ratio, 0, 0);
  decorate();
}

function decorate() {
  const [line, soft, mark, text, paper] = ["--line", "--soft", "--mark", "--ink", "--paper"].map(style);
  const wide = canvas.clientWidth, high = canvas.clientHeight;
  ink.font = "12px system-ui, sans-serif";
  sensors.forEach((one, s) => {
    if (!shown(s)) return;
    const x = toX(one.z0), y = toY(one.y - HALF), w = toX(one.z1) - x, h = 2 * HALF * state.sy;
    if (x > wide || y > high || x + w < 0 || y + h < 0) return;
    ink.strokeStyle = soft; ink.lineWidth = 0.6; ink.strokeRect(x, y, w, h);
    if (state.clusters) outlines(one, s, soft, mark);
    name(one, x, y, w, h, wide, mark, text, paper);
  });
  axis(soft, paper, wide, high);
  if (state.hover >= 0) {
    const s = sensorOf[state.hover], c = sensors[s].clusters[label[state.hover]];
    ink.strokeStyle = text; ink.lineWidth = 1.6; border(s, c, 3, 9);
  }
}
function name(one, x, y, w, h, wide, mark, text, paper) { // above a sensor where there is room, else beside it
  const above = 2 * state.sy > 15 || state.part[0] === "s", forward = one.name.endsWith(".1");
  const few = !above && wide < 700, words = few ? one.name : one.name + ": " + one.clusters.length.toLocaleString("en") + (above ? " clusters" : "");
  const more = one.signal && !few ? (above ? ", " + one.signal + " with signal" : " +" + one.signal) : "";
  const length = ink.measureText(words).width, all = length + ink.measureText(more).width;
  if (!above && h < 11) return;
  let left = above ? Math.max(x, 4) : forward ? x + w + 5 : x - 5 - all, base = above ? y - 4 : y + h / 2 + 4;
  if (left < 0 || left + all > wide || base < 10) { // the side of it that has the name is out of the picture
    left = Math.max(x, 0) + 5; base = Math.max(y, 0) + 14;
    if (h < 30) return;
    ink.fillStyle = paper; ink.globalAlpha = 0.85; ink.fillRect(left - 3, base - 12, all + 6, 16); ink.globalAlpha = 1;
  }
  ink.fillStyle = text; ink.fillText(words, left, base);
  ink.fillStyle = mark; ink.fillText(more, left + length, base);
}
function border(s, c, margin, least) {
  let [x0, x1] = [toX(sensors[s].rowAt(c.v0)), toX(sensors[s].rowAt(c.v1 + 1))];
  let [y0, y1] = [columnTop(s, c.u1), columnTop(s, c.u0) + PITCH_U * state.sy];
  const growX = Math.max(margin, (least - (x1 - x0)) / 2), growY = Math.max(margin, (least - (y1 - y0)) / 2);
  ink.strokeRect(x0 - growX, y0 - growY, x1 - x0 + 2 * growX, y1 - y0 + 2 * growY);
}
function outlines(one, s, soft, mark) {
  const near = 0.06 * state.sx > 1.4; // below, frames would hide what they frame
  for (const c of one.clusters) {
    if (!c.signal && !near) continue;
    if (toX(one.rowAt(c.v1 + 1)) < 0 || toX(one.rowAt(c.v0)) > canvas.clientWidth) continue;
    if (!state.kinds[c.signal ? 1 : 0] || c.seed < state.least) continue;
    ink.strokeStyle = c.signal ? mark : soft; ink.lineWidth = c.signal ? 1.8 : 0.7;
    border(s, c, near ? 2 : 1, c.signal ? 11 : 0);
  }
}
function axis(soft, paper, wide, high) {
  const want = 90 / state.sx, power = 10 ** Math.floor(Math.log10(want));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= want);
  ink.fillStyle = paper; ink.globalAlpha = 0.85; ink.fillRect(0, high - 22, wide, 22); ink.globalAlpha = 1;
  ink.fillStyle = soft; ink.strokeStyle = soft; ink.lineWidth = 1; ink.textAlign = "center";
  for (let z = Math.ceil(state.x / step) * step; toX(z) < wide - 50; z += step) {
    if (toX(z) < 12) continue;
    ink.beginPath(); ink.moveTo(toX(z), high - 22); ink.lineTo(toX(z), high - 17); ink.stroke();
    ink.fillText(String(+z.toFixed(3)).replace("-", "\u2212"), toX(z), high - 5);
  }
  ink.textAlign = "right"; ink.fillText("z [mm]", wide - 6, high - 5); ink.textAlign = "left";
}

function sensorAt(px, py) {
  const [z, y] = [px / state.sx + state.x, py / state.sy + state.y];
  return sensors.findIndex((one, s) => shown(s) && z >= one.z0 && z <= one.z1 && Math.abs(y - one.y) <= HALF);
}
function digitAt(px, py) { // the nearest digit within 8 dots
  const s = sensorAt(px, py);
  let best = -1, least = 64;
  for (let i = s < 0 ? 0 : first[s]; s >= 0 && i < first[s + 1]; i++) {
    if (charge[i] < state.least || !state.kinds[kind[i] ? 1 : 0]) continue;
    const [x0, x1] = rowEdges(s, v[i]), y0 = columnTop(s, u[i]), y1 = y0 + PITCH_U * state.sy;
    const dx = Math.max(x0 - px, 0, px - x1), dy = Math.max(y0 - py, 0, py - y1), far = dx * dx + dy * dy;
    if (far < least) { least = far; best = i; }
  }
  return best;
}
function point(px, py) {
  const i = digitAt(px, py);
  if (i !== state.hover) { state.hover = i; draw(); }
  if (i < 0) { tip.style.display = "none"; return; }
  const s = sensorOf[i], c = sensors[s].clusters[label[i]];
  const lines = [
    [`sensor ${sensors[s].name}`, `column u ${u[i]}, row v ${v[i]}`],
    [`${charge[i]} ADU`, data.kind === null ? "" : data.kind_names[kind[i]]],
    [`cluster of ${c.size}`, `${c.u1 - c.u0 + 1} columns \u00d7 ${c.v1 - c.v0 + 1} rows`],
    [`${c.charge} ADU`, `seed ${c.seed} ADU` + (c.signal ? `, ${c.signal} of ${c.size} with signal` : "")],
  ];
  tip.replaceChildren(...lines.map(([bold, rest]) => {
    const row = document.createElement("div"), strong = document.createElement("b");
    strong.textContent = bold; row.append(strong, rest ? " \u00b7 " + rest : "");
    return row;
  }));
  tip.style.display = "block";
  const left = px + 16 + tip.offsetWidth > canvas.clientWidth ? px - tip.offsetWidth - 12 : px + 16;
  tip.style.left = Math.max(2, left) + "px";
  tip.style.top = Math.max(2, Math.min(py + 16, canvas.clientHeight - tip.offsetHeight - 4)) + "px";
}

// Mouse, fingers, keys.
const fingers = new Map();
let moved = 0;
canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId); fingers.set(event.pointerId, [event.offsetX, event.offsetY]); moved = 0;
});
canvas.addEventListener("pointermove", (event) => {
  const now = [event.offsetX, event.offsetY], before = fingers.get(event.pointerId);
  if (!before) { if (event.pointerType === "mouse") point(...now); return; }
  if (fingers.size === 1) {
    state.x -= (now[0] - before[0]) / state.sx; state.y -= (now[1] - before[1]) / state.sy;
    moved += Math.abs(now[0] - before[0]) + Math.abs(now[1] - before[1]);
    state.untouched = false;
    if (moved > 4) { tip.style.display = "none"; draw(); }
  } else if (fingers.size === 2) {
    const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
    const length = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]);
    zoom(length(now) / Math.max(length(before), 1), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2); moved = 9;
  }
  fingers.set(event.pointerId, now);
});
for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => {
  if (name === "pointerup" && moved <= 4 && event.pointerType !== "mouse") point(event.offsetX, event.offsetY);
  fingers.delete(event.pointerId);
});
canvas.addEventListener("pointerleave", () => { tip.style.display = "none"; state.hover = -1; draw(); });
canvas.addEventListener("wheel", (event) => {
  event.preventDefault(); zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), event.offsetX, event.offsetY);
}, { passive: false });
canvas.addEventListener("dblclick", (event) => {
  const s = sensorAt(event.offsetX, event.offsetY);
  if (s >= 0) frame({ x0: sensors[s].z0, x1: sensors[s].z1, y0: sensors[s].y - HALF, y1: sensors[s].y + HALF }, 0.02);
});
const middle = () => [canvas.clientWidth / 2, canvas.clientHeight / 2];
canvas.addEventListener("keydown", (event) => {
  const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (move) { state.untouched = false; state.x += 60 * move[0] / state.sx; state.y += 60 * move[1] / state.sy; draw(); }
  else if (event.key === "+" || event.key === "=") zoom(1.4, ...middle());
  else if (event.key === "-") zoom(1 / 1.4, ...middle());
  else if (event.key === "0") fit();
  else return;
  event.preventDefault();
});

// Controls.
const find = (name) => document.getElementById(name);
find("in").onclick = () => zoom(1.6, ...middle());
find("out").onclick = () => zoom(1 / 1.6, ...middle());
find("reset").onclick = fit;
find("part").onchange = (event) => { state.part = event.target.value; state.hover = -1; fit(); count(); };
const toggle = (button, change) => button && (button.onclick = () => {
  const on = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", on); change(on); draw(); count();
});
toggle(find("background"), (on) => { state.kinds[0] = on; });
toggle(find("signal"), (on) => { state.kinds[1] = on; });
toggle(find("clusters"), (on) => { state.clusters = on; });
find("least").oninput = (event) => {
  state.least = Math.round(data.range[0] * (data.range[1] / data.range[0]) ** (event.target.value / 100));
  find("least-text").textContent = state.least + " ADU"; draw(); count();
};
function count() {
  let n = 0;
  for (let i = 0; i < u.length; i++) n += shown(sensorOf[i]) && charge[i] >= state.least && state.kinds[kind[i] ? 1 : 0];
  find("shown").textContent = n.toLocaleString("en") + " digits shown.";
}
function theme() {
  colours = tables();
  document.querySelectorAll(".scale").forEach((one, k) => {
    const bar = one.querySelector("canvas"), pen = bar.getContext("2d");
    for (let x = 0; x < bar.width; x++) {
      pen.fillStyle = `rgb(${colourAt(data.scales[k][dark() ? "dark" : "light"], x / (bar.width - 1))})`;
      pen.fillRect(x, 0, 1, bar.height);
    }
    if (one.querySelector(".ticks").childElementCount) return;
    for (const adu of [7, 15, 30, 60, 120, 255]) {
      const tick = document.createElement("span");
      tick.textContent = adu; tick.style.left = 100 * level(adu) + "%"; one.querySelector(".ticks").append(tick);
    }
  });
  draw();
}
find("theme").onclick = () => { document.documentElement.dataset.theme = dark() ? "light" : "dark"; theme(); };
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", theme);
new ResizeObserver(() => { if (state.untouched) fit(); else draw(); }).observe(canvas);
if (data.sensor !== null) { state.part = "s" + data.sensor; find("part").value = state.part; }
theme(); fit(); count();
