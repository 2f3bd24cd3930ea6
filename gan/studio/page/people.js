// For whom: people found by the beginning of their id, a group, or a guest who likes some photos.

import { byId, make } from "./cards.js";
import { base64, get, post } from "./server.js";

export class People {
  // `changed` is called when another choice is made; `problem` with a text to show.
  constructor(about, changed, problem) {
    this.about = about;
    this.changed = changed;
    this.problem = problem;
    this.users = [];
    this.liked = []; // {file, url, style}
    this.taste = null;
    this.found = [];
    this.at = -1;
    for (const radio of document.getElementsByName("who")) radio.addEventListener("change", () => this.choose());
    byId("group").replaceChildren(
      ...about.groups.map((group) => {
        const leaning = group.leaning ? `, more ${group.leaning.replaceAll("_", " ")}` : "";
        return make("option", { value: group.name, textContent: `${group.name}: ${group.people} people${leaning}` });
      }),
    );
    byId("group").addEventListener("change", changed);
    byId("uploads").addEventListener("change", () => this.upload([...byId("uploads").files]));
    this.search = byId("search");
    this.list = byId("found");
    this.search.placeholder = `for example ${about.example}`;
    this.search.addEventListener("input", () => this.suggest());
    this.search.addEventListener("focus", () => this.suggest());
    this.search.addEventListener("blur", () => this.hide());
    this.search.addEventListener("keydown", (event) => this.press(event));
    // A click must not take the focus, since that would hide the list.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.add(about.example);
  }

  get kind() {
    return document.querySelector('input[name="who"]:checked').value;
  }

  // What the server takes as `who`; null while nobody is chosen.
  get who() {
    if (this.kind === "users") return this.users.length ? { users: this.users } : null;
    if (this.kind === "group") return { group: byId("group").value };
    return this.taste ? { taste: this.taste } : null;
  }

  choose() {
    for (const kind of ["users", "group", "guest"]) byId(`who-${kind}`).hidden = kind !== this.kind;
    this.changed();
  }

  async suggest() {
    const prefix = this.search.value.trim();
    let answer;
    try {
      answer = await get(`/api/users?prefix=${encodeURIComponent(prefix)}`);
    } catch (error) {
      this.problem(error.message);
      return;
    }
    if (prefix !== this.search.value.trim() || document.activeElement !== this.search) return; // typed on meanwhile
    this.found = answer.users.filter((user) => !this.users.includes(user));
    this.at = -1;
    this.list.replaceChildren(
      ...this.found.map((user, place) =>
        make("li", { id: `found-${place}`, textContent: user, attributes: { role: "option", "aria-selected": "false" }, onclick: () => this.add(user) }),
      ),
    );
    this.list.hidden = !this.found.length;
    this.search.setAttribute("aria-expanded", !this.list.hidden);
    this.search.removeAttribute("aria-activedescendant");
    if (!this.found.length && prefix && !this.users.includes(prefix)) this.problem(`no one's id begins with ${prefix}; ids look like ${this.about.example}`);
    else this.problem("");
  }

  press(event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (this.list.hidden) this.suggest();
      else this.mark((this.at + (event.key === "ArrowDown" ? 1 : -1) + this.found.length) % this.found.length);
    } else if (event.key === "Enter" && !this.list.hidden) {
      event.preventDefault();
      this.add(this.found[Math.max(0, this.at)]);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.stopPropagation();
      this.hide();
    } else if (event.key === "Backspace" && !this.search.value && this.users.length) {
      this.remove(this.users.at(-1));
    }
  }

  mark(place) {
    this.at = place;
    [...this.list.children].forEach((option, index) => option.setAttribute("aria-selected", index === place));
    this.search.setAttribute("aria-activedescendant", `found-${place}`);
    this.list.children[place].scrollIntoView({ block: "nearest" });
  }

  hide() {
    this.list.hidden = true;
    this.search.setAttribute("aria-expanded", "false");
    this.search.removeAttribute("aria-activedescendant");
  }

  add(user) {
    if (this.users.length >= this.about.most_users) {
      this.problem(`at most ${this.about.most_users} people; a group may have more`);
      return;
    }
    this.users.push(user);
    this.search.value = "";
    this.hide();
    this.showUsers();
  }

  remove(user) {
    this.users = this.users.filter((one) => one !== user);
    this.showUsers();
    this.search.focus();
    this.hide();
  }

  showUsers() {
    byId("chosen").replaceChildren(
      ...this.users.map((user) =>
        make("li", {}, make("button", { type: "button", textContent: `${user} ×`, attributes: { "aria-label": `Remove ${user}` }, onclick: () => this.remove(user) })),
      ),
    );
    this.changed();
  }

  async upload(files) {
    byId("uploads").value = "";
    this.problem("");
    for (const [place, file] of files.entries()) {
      byId("status").textContent = `Looking at photo ${place + 1} of ${files.length} …`;
      if (this.liked.length >= this.about.most_uploads) {
        this.problem(`at most ${this.about.most_uploads} photos`);
        break;
      }
      try {
        const { style } = await post("/api/style", { photo: await base64(file, this.about.most_photo_bytes) });
        this.liked.push({ name: file.name, url: URL.createObjectURL(file), style });
        this.showLiked();
      } catch (error) {
        this.problem(error.message.startsWith(file.name) ? error.message : `${file.name}: ${error.message}`);
      }
    }
    byId("status").textContent = "";
    await this.fit();
  }

  async fit() {
    this.taste = null;
    if (this.liked.length) {
      try {
        this.taste = (await post("/api/guest", { styles: this.liked.map((one) => one.style) })).taste;
      } catch (error) {
        this.problem(error.message);
      }
    }
    this.changed();
  }

  showLiked() {
    byId("liked").replaceChildren(
      ...this.liked.map((one) => {
        const remove = () => {
          URL.revokeObjectURL(one.url);
          this.liked = this.liked.filter((other) => other !== one);
          this.showLiked();
          this.fit();
        };
        return make("li", {}, make("button", { type: "button", attributes: { "aria-label": `Remove ${one.name}` }, onclick: remove }, make("img", { src: one.url, alt: "" })));
      }),
    );
  }
}
