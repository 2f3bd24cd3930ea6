// The closer look at one garment: its film, where it ranks, what is like it, why, who likes it, tailored versions.

import { asItem, byId, card, make, number, percent, show, words } from "./cards.js";
import { stream } from "./server.js";

export class Look {
  // `state()` returns {who, category, eta, steps, name}; `desk` as for cards.
  constructor(state, desk) {
    this.state = state;
    this.desk = desk;
    this.dialog = byId("look");
    this.body = byId("look-body");
    byId("close").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => this.stop());
  }

  stop() {
    this.working?.abort();
    clearInterval(this.playing);
  }

  async open(garment) {
    const { who, category, name } = this.state();
    this.stop();
    const working = (this.working = new AbortController());
    byId("look-title").textContent = garment.title;
    this.body.replaceChildren();
    if (!this.dialog.open) this.dialog.showModal();
    this.dialog.scrollTop = 0;
    this.plates = make("div", { className: "plates" });
    this.body.append(this.plates);
    this.plates.append(garment.film ? this.film(garment) : plate(garment.picture, garment.title, garment.kind === "design" && garment.for ? `Designed for ${garment.for}` : ""));
    if (!who) {
      this.say("Choose people, or upload photos of a guest, to see what they think of it.");
      return;
    }
    const asked = { who, garment: sent(garment), ...(garment.kind === "photo" ? { category } : garment.category ? { category: garment.category } : {}) };
    await this.follow("/api/look", asked, `Looking with the eyes of ${name} …`, {
      standing: (content) => this.standing(content, name),
      nearest: (content) => this.nearest(content),
      why: (content) => this.why(content, name),
      likers: (content) => this.likers(content),
    });
    if (garment.kind !== "design" && !working.signal.aborted) this.offerTailoring(garment);
  }

  say(text) {
    byId("look-status").textContent = text;
  }

  async follow(path, asked, first, handlers) {
    const working = this.working;
    this.say(first);
    try {
      for await (const [event, content] of stream(path, asked, working.signal)) {
        working.signal.throwIfAborted();
        if (event === "waiting") this.say("Waiting for other work …");
        else if (event === "begun") this.say(first);
        else handlers[event]?.(content);
      }
      this.say("");
    } catch (error) {
      if (error.name !== "AbortError") this.say(`Error: ${error.message}`);
    }
  }

  film(garment) {
    const last = garment.film.length - 1;
    const image = make("img", { src: garment.film[last], alt: garment.title });
    const caption = make("figcaption");
    const slider = make("input", { type: "range", min: 0, max: last, value: last, attributes: { "aria-label": "Step of the search" } });
    const turn = (place) => {
      slider.value = place;
      image.src = garment.film[place];
      caption.textContent = `Step ${garment.film_steps[place]} of the search, score ${number(garment.film_scores[place])}`;
      slider.setAttribute("aria-valuetext", caption.textContent);
    };
    const button = make("button", { type: "button", textContent: "Play" });
    const stop = () => {
      clearInterval(this.playing);
      this.playing = undefined;
      button.textContent = "Play";
    };
    button.addEventListener("click", () => {
      if (this.playing) return stop();
      let place = Number(slider.value) >= last ? 0 : Number(slider.value);
      button.textContent = "Pause";
      turn(place);
      this.playing = setInterval(() => (place >= last ? stop() : turn(++place)), 350);
      return undefined;
    });
    slider.addEventListener("input", () => {
      stop();
      turn(Number(slider.value));
    });
    turn(last);
    return make("figure", { className: "ascent" }, image, last ? make("div", { className: "film" }, button, slider) : null, caption);
  }

  standing(content, name) {
    const tiles = [
      ["score", number(content.score)],
      ["above, of the catalogue", percent(content.percentile)],
      ["rank", `${content.rank.toLocaleString("en")} of ${content.items.toLocaleString("en")}`],
    ];
    if (content.category) tiles.splice(2, 0, [`above, of ${words(content.category)}`, percent(content.in_category)]);
    this.body.append(
      heading(`For ${name}`),
      make("dl", { className: "standing" }, ...tiles.map(([term, value]) => make("div", {}, make("dt", { textContent: term }), make("dd", { textContent: value })))),
    );
  }

  nearest(content) {
    this.body.append(heading("The most alike in the catalogue"), this.strip(content.items, (one) => `alike ${number(one.cosine)}`, "The catalogue has none."));
  }

  why(content, name) {
    const legend = make(
      "figcaption",
      {},
      make("span", { className: "legend" }, make("i"), `raises the score: +${number(content.raises)}`),
      make("span", { className: "legend" }, make("i", { className: "low" }), `lowers it: ${number(content.lowers)}`),
    );
    this.plates.append(make("figure", {}, make("img", { src: content.picture, alt: `Heat map: the parts of the photo that raise and lower the score of ${name}` }), legend));
    const part = (title, items, caption, otherwise) => make("div", {}, heading(title), this.strip(items, caption, otherwise));
    const alike = (one) => `alike ${number(one.cosine)}`;
    this.body.append(
      make(
        "div",
        { className: "beside" },
        part("Bought, most like it", content.alike, alike, "Nothing was bought."),
        part("Bought, least like it", content.unlike, alike, "Nothing else was bought."),
        part("They would rather have", content.preferred, (one) => `above ${percent(one.percentile)}`, "Nothing that is like it."),
      ),
    );
    const helpful = content.changes.filter((one) => one.change > 0);
    if (content.changes.length && !helpful.length) this.body.append(heading("Changes that would help most"), make("p", { className: "fine", textContent: "No change of an attribute would raise the score." }));
    if (helpful.length) {
      const change = (one) => `+${number(one.change)}${one.error === null ? "" : ` ± ${number(one.error)}`}`;
      const rows = helpful.map((one) =>
        make("tr", {}, ...[words(one.attribute), one.value ? words(one.value) : "any other", words(one.other), change(one)].map((text) => make("td", { textContent: text }))),
      );
      const head = make("tr", {}, ...["attribute", "instead of", "rather", "score"].map((text) => make("th", { textContent: text, scope: "col" })));
      this.body.append(heading("Changes that would help most"), make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
    }
  }

  likers(content) {
    const bar = (title, share) =>
      make("li", {}, make("span", { textContent: title }), make("meter", { min: 0, max: 1, value: share, attributes: { "aria-label": title } }), make("span", { textContent: percent(share) }));
    const list = (title, rows) => make("div", {}, heading(title), make("ul", { className: "bars" }, ...rows));
    const leaning = (one) => `${one.group}${one.leaning ? `, more ${words(one.leaning)}` : ""}`;
    this.body.append(
      make(
        "div",
        { className: "beside" },
        list("Who would like it most", content.users.map((one) => bar(one.user, one.percentile))),
        list(`Groups; all people: ${percent(content.mean_percentile)}`, content.groups.map((one) => bar(leaning(one), one.percentile))),
      ),
    );
  }

  offerTailoring(garment) {
    const { name, category } = this.state();
    const as = garment.kind === "photo" ? category : garment.category;
    if (!as) return;
    const versions = make("ul", { className: "cards strip", attributes: { "aria-label": "Tailored versions" } });
    const button = make("button", { type: "button", id: "tailor", className: "primary", textContent: `Tailor it, as ${words(as)}` });
    button.addEventListener("click", () => this.tailor(garment, as, button, versions));
    this.body.append(heading(`Versions that ${name} would like better`), button, versions);
  }

  async tailor(garment, category, button, versions) {
    const { who, eta, steps, name } = this.state();
    button.disabled = true;
    const sketch = (picture, text) =>
      versions.replaceChildren(make("li", {}, make("div", { className: "sketch" }, make("img", { src: picture, alt: "" })), make("div", { className: "caption", textContent: text })));
    await this.follow("/api/tailor", { who, category, eta, steps, garment: sent(garment) }, "The GAN copies the garment …", {
      copying: (content) => sketch(content.picture, `copying, step ${content.step} of ${content.of}`),
      sketch: (content) => sketch(content.pictures[0], `altering, step ${content.step} of ${content.of}`),
      tailored: (content) => {
        const cards = content.versions.map((one) => {
          const made = { kind: "design", title: `${words(category)}, altered in ${one.step} steps`, for: name, ...one };
          const what = one.step ? `step ${one.step}, changed by ${number(one.drift)}` : `the GAN's copy, ${number(content.error)} off`;
          return card(made, this.desk, `${what}; above ${percent(one.percentile)} of the catalogue`);
        });
        show(versions, cards, "");
      },
    });
    button.disabled = false;
  }

  strip(items, caption, otherwise) {
    const list = make("ul", { className: "cards strip" });
    show(list, items.map((one) => card(asItem(one), this.desk, caption(one))), otherwise);
    return list;
  }
}

function sent(garment) {
  if (garment.kind === "item") return { item: garment.item };
  if (garment.kind === "photo") return { photo: garment.photo };
  return { latent: garment.latent, category: garment.category };
}

function plate(picture, title, text) {
  return make("figure", {}, make("img", { src: picture, alt: title }), text ? make("figcaption", { textContent: text }) : null);
}

function heading(text) {
  return make("h3", { textContent: text });
}
