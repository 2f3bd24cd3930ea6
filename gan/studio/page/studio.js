// The page: controls on one side, garments on the other.

import { asDesign, asItem, byId, card, make, number, percent, photos, show, words } from "./cards.js";
import { Favourites } from "./favourites.js";
import { Look } from "./garment.js";
import { People } from "./people.js";
import { base64, get, post, stream } from "./server.js";

class Studio {
  constructor(about) {
    this.about = about;
    this.name = "";
    photos.of = about.runs;
    byId("about").textContent = `${about.data_set}: ${about.people.toLocaleString("en")} people, ${about.items.toLocaleString("en")} garments`;
    byId("notes").replaceChildren(...about.notes.map((note) => make("p", { className: "fine", textContent: `Note: ${note}.` })));
    byId("category").replaceChildren(...about.categories.map((name) => make("option", { value: name, textContent: words(name) })));
    byId("category").addEventListener("change", () => this.refresh());
    this.setControls();
    const desk = {
      look: (garment) => this.look.open(garment),
      keep: (garment) => this.favourites.toggle(garment),
      isKept: (garment) => this.favourites.has(garment),
    };
    this.desk = desk;
    this.look = new Look(() => this.state(), desk);
    this.favourites = new Favourites(about, desk, problem);
    this.favourites.show(); // its cards ask the desk, which asks the favourites
    byId("controls").addEventListener("submit", (event) => {
      event.preventDefault();
      this.design();
    });
    byId("cancel").addEventListener("click", () => this.cancel());
    byId("shuffle").addEventListener("click", () => {
      byId("seed").value = Math.floor(Math.random() * 100000);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !byId("look").open) this.cancel();
    });
    this.takePhotos();
    this.people = new People(about, () => this.refresh(), problem);
  }

  setControls() {
    const { eta, steps, seed, diversity } = this.about.controls;
    // Eta is felt in its order of magnitude, so the slider moves over such values; the server's own is one of them.
    const values = [0, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, eta.most, eta.value].filter((value) => value <= eta.most);
    this.etas = [...new Set(values)].sort((one, other) => one - other);
    const sliders = {
      eta: { min: 0, max: this.etas.length - 1, step: 1, value: this.etas.indexOf(eta.value), said: (place) => String(this.etas[place]) },
      steps: { min: steps.least, max: steps.most, step: 5, value: steps.value, said: String },
      diversity: { min: 0, max: diversity.most, step: 0.1, value: diversity.value, said: (value) => value.toFixed(1) },
    };
    for (const [name, { said, value, ...bounds }] of Object.entries(sliders)) {
      const slider = Object.assign(byId(name), bounds);
      const tell = () => {
        document.querySelector(`output[for="${name}"]`).textContent = said(Number(slider.value));
        slider.setAttribute("aria-valuetext", said(Number(slider.value)));
      };
      slider.value = value;
      slider.addEventListener("input", tell);
      tell();
    }
    Object.assign(byId("seed"), { min: 0, max: seed.most, step: 1, value: seed.value });
  }

  state() {
    return {
      who: this.people.who,
      name: this.name,
      category: byId("category").value,
      eta: this.etas[Number(byId("eta").value)],
      steps: Number(byId("steps").value),
      seed: Number(byId("seed").value),
      diversity: Number(byId("diversity").value),
    };
  }

  // What the chosen people own, and what the catalogue has for them.
  async refresh() {
    if (!this.people) {
      queueMicrotask(() => this.refresh());
      return;
    }
    const { who, category } = this.state();
    this.cancel();
    show(byId("designed"), [], "Nothing is designed yet.");
    byId("designed-note").textContent = "Press Design, and the first sketches appear at once.";
    say("");
    this.fetching?.abort();
    if (!who) {
      const hint = this.people.kind === "guest" ? "Upload photos that the guest likes." : "Choose people.";
      for (const id of ["bought", "retrieved"]) show(byId(id), [], hint);
      byId("design").disabled = true;
      return;
    }
    byId("design").disabled = false;
    const fetching = (this.fetching = new AbortController());
    try {
      const found = await post("/api/wardrobe", { who, category }, fetching.signal);
      if (fetching.signal.aborted) return;
      this.name = found.name;
      const ofCategory = found.bought.some((one) => one.category === category);
      byId("bought-note").textContent = ofCategory || !found.bought.length ? "What they own of the category." : "They own none of the category; this is what else they own.";
      show(byId("bought"), found.bought.map((one) => card(asItem(one), this.desk, ofCategory ? one.key : words(one.category))), this.people.kind === "guest" ? "A guest has bought nothing yet." : "Nothing.");
      show(byId("retrieved"), found.retrieved.map((one) => card(asItem(one), this.desk, one.key)), "They own all of it.");
    } catch (error) {
      if (error.name !== "AbortError") problem(error.message);
    }
  }

  cancel() {
    this.designing?.abort();
  }

  async design() {
    const asked = this.state();
    if (!asked.who) return;
    this.cancel();
    const designing = (this.designing = new AbortController());
    const name = this.name, list = byId("designed");
    // On a phone the designs are far below the button.
    if (matchMedia("(max-width: 48rem)").matches) byId("designed-title").scrollIntoView();
    problem("");
    busy(true);
    say("Drawing the first sketches …");
    try {
      for await (const [event, content] of stream("/api/design", asked, designing.signal)) {
        designing.signal.throwIfAborted();
        if (event === "waiting") say("Waiting for other work …");
        if (event === "sketch") {
          Object.assign(byId("progress"), { max: content.of, value: content.step });
          say(content.step ? `Step ${content.step} of ${content.of}` : "First sketches");
          list.replaceChildren(...content.pictures.map((picture, place) => sketch(picture, content.scores[place])));
        }
        if (event === "designed") {
          const caption = (one) => `above ${percent(one.better_than)} of ${words(one.category)}; realness ${number(one.realness)}`;
          show(list, content.garments.map((one) => card(asDesign(one, name), this.desk, caption(one))), "Nothing.");
          byId("designed-note").textContent = `For ${name}. Select one to see more.`;
          say(`${content.garments.length} designs are ready.`);
        }
      }
    } catch (error) {
      if (error.name !== "AbortError") problem(error.message);
      if (this.designing === designing) {
        say(error.name === "AbortError" ? "Cancelled." : "");
        if (list.querySelector(".sketch")) show(list, [], "Nothing is designed yet.");
      }
    }
    if (this.designing === designing) {
      this.designing = null;
      busy(false);
    }
  }

  takePhotos() {
    const drop = byId("drop"), input = byId("photo");
    input.addEventListener("change", () => {
      if (input.files.length) this.photo(input.files[0]);
      input.value = "";
    });
    const isFile = (event) => event.dataTransfer?.types.includes("Files");
    document.addEventListener("dragover", (event) => {
      if (!isFile(event)) return;
      event.preventDefault();
      drop.classList.add("over");
    });
    document.addEventListener("dragleave", () => drop.classList.remove("over"));
    document.addEventListener("drop", (event) => {
      drop.classList.remove("over");
      if (!isFile(event)) return;
      event.preventDefault();
      this.photo(event.dataTransfer.files[0]);
    });
  }

  async photo(file) {
    if (!file) return; // what was dropped is no file
    problem("");
    try {
      const photo = await base64(file, this.about.most_photo_bytes);
      this.look.open({ kind: "photo", photo, picture: URL.createObjectURL(file), title: file.name });
    } catch (error) {
      problem(error.message);
    }
  }
}

function sketch(picture, score) {
  return make("li", {}, make("div", { className: "sketch" }, make("img", { src: picture, alt: "" })), make("div", { className: "caption", textContent: score === null ? "a first sketch" : number(score) }));
}

function busy(is) {
  byId("cancel").hidden = !is;
  byId("progress").hidden = !is;
  byId("results").setAttribute("aria-busy", is);
  if (is) byId("progress").removeAttribute("value");
}

function say(text) {
  byId("status").textContent = text;
}

function problem(text) {
  byId("problem").textContent = text;
}

try {
  window.studio = new Studio(await get("/api/about"));
} catch (error) {
  byId("about").textContent = "";
  problem(error.message);
}
