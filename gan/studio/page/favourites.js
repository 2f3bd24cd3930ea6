// Favourites: kept in this browser, and exported as a ZIP.

import { byId, card, identity, make, number, setHeart, show, words } from "./cards.js";
import { download } from "./server.js";

export class Favourites {
  constructor(about, desk, problem) {
    this.name = `dvbpr-studio ${about.runs}`; // latents of other runs draw other garments
    this.desk = desk;
    this.problem = problem;
    this.most = about.most_favourites;
    this.kept = [];
    try {
      this.kept = JSON.parse(localStorage.getItem(this.name)).filter(isWhole).slice(0, this.most);
    } catch {
      // The browser keeps nothing, or another program wrote there.
    }
    byId("export").addEventListener("click", () => this.export());
  }

  has(garment) {
    return this.kept.some((one) => identity(one) === identity(garment));
  }

  toggle(garment) {
    const { film, film_steps, film_scores, ...own } = garment; // a film is long
    if (this.kept.length >= this.most && !this.has(garment)) {
      this.problem(`at most ${this.most} favourites; export them, and take some out`);
      return;
    }
    this.kept = this.has(garment) ? this.kept.filter((one) => identity(one) !== identity(garment)) : [...this.kept, own];
    try {
      localStorage.setItem(this.name, JSON.stringify(this.kept));
    } catch {
      this.problem("this browser keeps no more favourites after it is closed; export them");
    }
    for (const button of document.querySelectorAll(".keep")) {
      if (button.dataset.identity === identity(garment)) setHeart(button, this.has(garment));
    }
    this.show();
  }

  show() {
    const caption = (one) => (one.for ? `${words(one.category)}, for ${one.for}` : one.title);
    show(byId("kept"), this.kept.map((one) => card(one, this.desk, caption(one))), "None yet.");
    byId("export").disabled = !this.kept.length;
  }

  async export() {
    const favourites = this.kept.map((one) => {
      const note = `${one.title}${one.for ? `, for ${one.for}` : ""}, score ${number(one.score)}`.slice(0, 1000);
      return one.kind === "item" ? { note, item: one.item } : { note, latent: one.latent, category: one.category };
    });
    try {
      const url = URL.createObjectURL(await download("/api/favourites", { favourites }));
      const link = make("a", { href: url, download: "favourites.zip" });
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 60000);
      this.problem("");
    } catch (error) {
      this.problem(error.message);
    }
  }
}

function isWhole(one) {
  const known = { item: Number.isInteger(one?.item), design: Array.isArray(one?.latent) && typeof one?.category === "string" };
  const isShown = [one?.title, one?.picture].every((text) => typeof text === "string");
  return isShown && (one.score === null || typeof one.score === "number") && known[one.kind] === true;
}
