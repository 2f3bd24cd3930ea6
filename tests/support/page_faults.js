// Run in a page by tests/support/browser.py; returns the page's faults as lines.
const faults = [], tell = (what, element) => faults.push(`${what}: ${element.outerHTML.slice(0, 120)}`);
const root = document.querySelector('dialog[open]') || document.body;
const isSeen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true })
  && element.getBoundingClientRect().width > 1 && element.getBoundingClientRect().right > 0;
const seen = [...root.querySelectorAll('*')].filter(isSeen);

const parse = (colour) => { const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number); return { rgb: [r, g, b], a }; };
const over = (top, below) => top.rgb.map((value, place) => value * top.a + below[place] * (1 - top.a));
function ground(element) {
  const layers = [];
  for (let one = element; one; one = one.parentElement) {
    const colour = parse(getComputedStyle(one).backgroundColor);
    if (colour.a) layers.push(colour);
    if (colour.a === 1) break;
  }
  return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
}
const linear = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
const light = (rgb) => 0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2]);
function contrast(colour, below) {
  const [high, low] = [light(over(parse(colour), below)), light(below)].sort((one, other) => other - one);
  return (high + 0.05) / (low + 0.05);
}
for (const element of seen) {
  const words = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const style = getComputedStyle(element), size = parseFloat(style.fontSize);
  const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
  if (element.matches(':disabled')) continue;
  if (words && contrast(style.color, ground(element)) < least) tell(`contrast ${contrast(style.color, ground(element)).toFixed(2)}`, element);
  const hint = element.placeholder && getComputedStyle(element, '::placeholder').color;
  if (hint && contrast(hint, ground(element)) < 4.5) tell('contrast of the placeholder', element);
}

const text = (ids) => ids.split(' ').map((id) => document.getElementById(id)?.textContent || '').join('').trim();
for (const element of seen.filter((one) => one.matches('button, input, select, textarea, a[href], meter, progress, dialog, [role]'))) {
  const named = (element.getAttribute('aria-label') || '').trim() || text(element.getAttribute('aria-labelledby') || '')
    || [...(element.labels || [])].some((label) => label.textContent.trim()) || (element.matches('button, a, [role=option]') && element.textContent.trim());
  if (!named && !element.matches('[role=status], [role=alert]')) tell('no name', element);
}
for (const element of root.querySelectorAll('img:not([alt])')) tell('no alt', element);
const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
ids.filter((id, place) => ids.indexOf(id) !== place).forEach((id) => faults.push(`twice the id ${id}`));
for (const element of document.querySelectorAll('[aria-controls], [aria-labelledby], [aria-describedby], [aria-activedescendant], label[for], output[for]'))
  for (const name of ['aria-controls', 'aria-labelledby', 'aria-describedby', 'aria-activedescendant', 'for'])
    for (const id of (element.getAttribute(name) || '').split(' ').filter(Boolean))
      if (!document.getElementById(id)) tell(`no element ${id}`, element);
const roles = ['alert', 'combobox', 'listbox', 'option', 'status'];
for (const element of document.querySelectorAll('[role]')) if (!roles.includes(element.getAttribute('role'))) tell('unknown role', element);
let level = 0;
for (const element of [...root.querySelectorAll('h1, h2, h3, h4')].filter(isSeen)) {
  const own = Number(element.tagName[1]);
  if (level && own > level + 1) tell('skips a level', element);
  level = own;
}
if (document.documentElement.scrollWidth > innerWidth) faults.push(`${document.documentElement.scrollWidth} pixels wide, the window has ${innerWidth}`);
if (root.scrollWidth > root.clientWidth + 1) faults.push(`the dialog is ${root.scrollWidth} pixels wide, ${root.clientWidth} are shown`);
return faults;
