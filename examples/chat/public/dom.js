/** Makes an element. Children that are strings become text, never markup. */
export function element(tag, properties = {}, ...children) {
  const { dataset, ...rest } = properties;
  const made = Object.assign(document.createElement(tag), rest);
  Object.assign(made.dataset, dataset);
  made.append(...children);
  return made;
}

/** Makes one of the icons that stand at the top of the page. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  svg.append(use);
  return svg;
}

/** A user's initials, in a colour that is always the same for this user. */
export function avatar({ id, name }) {
  const words = name.split(" ").filter((word) => word !== "");
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0] ?? "?"];
  const initials = letters.map((word) => [...word][0]).join("");
  const made = element("span", { className: "avatar", ariaHidden: "true" }, initials.toUpperCase());
  made.style.setProperty("--hue", String(hueOf(id)));
  return made;
}

function hueOf(id) {
  let hash = 0;
  for (const character of id) hash = (hash * 31 + character.codePointAt(0)) >>> 0;
  // Neighbouring numbers must not be neighbouring colours: turn by the golden angle.
  return Math.round((hash * 137.508) % 360);
}
