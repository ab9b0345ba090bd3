// Keeps a page up to date: the server says when something has changed, and the page is fetched again.
// Without this script, or when it is frozen, the page is as it was when it was loaded.
'use strict';
const script = document.currentScript;
const freeze = document.getElementById('freeze');
let frozen = false;

// Whether somebody has entered something that was not sent yet.
function entered(field) {
  if (field.type === 'checkbox') return field.checked !== field.defaultChecked;
  if (field.matches('select')) return [...field.options].some((one) => one.defaultSelected && !one.selected);
  return field.value !== field.defaultValue;
}

// Nothing is replaced under somebody's hands, and nothing that is shown only once.
function busy() {
  const main = document.getElementById('main');
  const hands = document.activeElement;
  return main.querySelector('details[open], .secret') !== null
    || [...main.querySelectorAll('input, select, textarea')].some(entered)
    || hands !== freeze && main.contains(hands) && hands.matches('input, select, textarea, button, a');
}

async function refresh() {
  if (frozen || busy()) return;
  const answer = await fetch(location.href, { credentials: 'same-origin', headers: { 'x-birdcall-live': '1' } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('main');
  if (!fresh || frozen || busy()) return;
  // The title has the focus of the button in it, and a notice would be read aloud again.
  const stays = ':scope > .title, :scope > .notice';
  const main = document.getElementById('main');
  const kept = new Set(main.querySelectorAll(stays));
  fresh.querySelectorAll(stays).forEach((one) => one.remove());
  [...main.childNodes].forEach((one) => kept.has(one) || one.remove());
  main.append(...fresh.childNodes);
}

freeze.hidden = false;
freeze.addEventListener('click', () => {
  frozen = !frozen;
  freeze.setAttribute('aria-pressed', String(frozen));
  freeze.textContent = frozen ? 'Frozen' : 'Freeze';
  refresh();
});

// A browser opens few connections to one server, and a page that was left may keep its own.
let live;
function listen() {
  live = new EventSource(script.dataset.live);
  live.addEventListener('changed', refresh);
}
addEventListener('pagehide', () => live.close());
addEventListener('pageshow', (event) => { if (event.persisted) { listen(); refresh(); } });
listen();
