// Makes elements: cards of garments, and small parts that several panels share.

export function make(tag, properties = {}, ...children) {
  const { dataset = {}, attributes = {}, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  Object.assign(element.dataset, dataset);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export const byId = (id) => document.getElementById(id);
export const number = (value) => (value === null || value === undefined ? "–" : value.toFixed(2).replace("-", "−"));
// Rounded down: 100 % is said only of what is above all.
export const percent = (share) =>
  share === null || share === undefined ? "–" : share === 1 ? "100 %" : `${(Math.floor(share * 1000) / 10).toFixed(1)} %`;
export const words = (name) => name.replaceAll("_", " ");
// Another run on the same port has other photos under the same numbers, so the address also names the run.
export const photos = { of: "" };
export const photoOf = (item) => `/api/photos/${item}?of=${photos.of}`;

// A garment is {kind: "item" | "design" | "photo", picture, title, score, ...}; see `asGarment` and `asDesign`.
export function asItem(entry) {
  return { kind: "item", item: entry.item, picture: photoOf(entry.item), title: entry.key, category: entry.category, score: entry.score };
}

export function asDesign(entry, name) {
  return { kind: "design", title: `Design of ${words(entry.category)}`, for: name, ...entry };
}

export function identity(garment) {
  return garment.kind === "item" ? `item ${garment.item}` : `design ${garment.category} ${garment.latent.slice(0, 4).join(" ")}`;
}

// `desk` is {look(garment), keep(garment), isKept(garment)}.
export function card(garment, desk, caption) {
  const alt = garment.kind === "item" ? `${garment.title}, ${words(garment.category)}` : garment.title;
  const open = make(
    "button",
    { type: "button", className: "open", attributes: { "aria-label": `Look at ${alt}, score ${number(garment.score)}` }, onclick: () => desk.look(garment) },
    make("img", { src: garment.picture, alt: "", loading: "lazy" }),
  );
  const figures = make("div", { className: "figures" }, make("b", { textContent: number(garment.score) }));
  if (garment.kind !== "photo") figures.append(heart(garment, desk));
  return make("li", { className: "card" }, open, figures, caption ? make("div", { className: "caption", textContent: caption }) : null);
}

function heart(garment, desk) {
  const button = make("button", { type: "button", className: "keep", dataset: { identity: identity(garment) } });
  button.addEventListener("click", () => desk.keep(garment));
  setHeart(button, desk.isKept(garment), garment.title);
  return button;
}

export function setHeart(button, kept, title) {
  button.textContent = kept ? "♥" : "♡";
  button.setAttribute("aria-pressed", kept);
  if (title) button.setAttribute("aria-label", `Keep ${title}`);
}

export function show(list, elements, otherwise) {
  list.replaceChildren(...(elements.length ? elements : [make("li", { className: "empty", textContent: otherwise })]));
}
