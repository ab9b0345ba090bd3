const POLL_MS = 500;
const E164 = /^\+[1-9][0-9]{6,14}$/;

// Twilio's clock is the simulator's. The page counts with the difference to its own.
let ahead = 0;
function countDown() {
  for (const left of document.querySelectorAll('[data-until]')) {
    const seconds = Math.ceil((new Date(left.dataset.until).getTime() - Date.now() - ahead) / 1000);
    const words = seconds > 90 ? 'in ' + Math.round(seconds / 60) + ' minutes' : seconds > 0 ? 'in ' + seconds + ' s' : 'now';
    if (left.textContent !== words) left.textContent = words;
  }
}

function faultRow(fault) {
  const node = element('li');
  const kind = typeof fault.action === 'string' ? fault.action : Object.keys(fault.action)[0];
  const status = typeof fault.action === 'string' ? '' : Object.values(fault.action)[0].status || '';
  const times = fault.count ? ', ' + fault.count + (fault.count === 1 ? ' time' : ' times') : '';
  const words = [fault.endpoint, kind.replaceAll('_', ' '), status].join(' ').trim() + times;
  const undo = element('button', '', 'Remove');
  undo.type = 'button';
  undo.setAttribute('aria-label', 'Remove: ' + words);
  undo.addEventListener('click', () => send('/sim/faults/remove', fault));
  node.append(words + ' ', undo);
  return node;
}

let shownPhone = null;
async function refresh() {
  const phone = $('phone-number').value.trim();
  let page;
  try {
    page = await (await fetch('/sim/page.json?phone=' + encodeURIComponent(phone))).json();
  } catch {
    $('lost').hidden = false;
    return;
  }
  $('lost').hidden = true;
  if (phone !== $('phone-number').value.trim()) return;
  ahead = page.now - Date.now();
  $('service-number').textContent = page.number;
  const bubbles = $('bubbles');
  const follow = bubbles.scrollTop + bubbles.clientHeight >= bubbles.scrollHeight - 40 || shownPhone !== phone;
  shownPhone = phone;
  sync(bubbles, page.messages, item => item.sid, bubble);
  if (follow) bubbles.scrollTop = bubbles.scrollHeight;
  sync($('timeline'), page.posts, item => item.id, post);
  $('no-posts').hidden = page.posts.length > 0;
  const ledger = Array.isArray(page.ledger) ? page.ledger : [];
  for (const row of ledger) {
    row.number = page.numbers[row.message_sid] || '';
    row.calls = callsOf(row, page.calls);
  }
  sync($('ledger'), ledger, item => item.message_sid, textRow);
  $('no-texts').hidden = ledger.length > 0;
  sync($('active-faults'), page.faults, item => JSON.stringify(item), faultRow);
  $('no-faults').hidden = page.faults.length > 0;
  $('worker').hidden = page.worker === null;
  $('worker').textContent = page.worker ? 'Kill the worker' : 'Start the worker again';
  $('worker').dataset.run = String(!page.worker);
  $('worker-gone').hidden = page.worker !== false;
  const users = page.users.map(user => user.username);
  $('revoke').disabled = users.length === 0;
  $('revoke').dataset.user = users[users.length - 1] || '';
  $('revoke').textContent = users.length ? 'Remove the app from @' + users[users.length - 1] + ' at X' : 'Remove the app at X';
  countDown();
}

function say(words) {
  $('said').textContent = words;
  $('said').hidden = !words;
}

async function send(path, body, method = 'POST') {
  const headers = { 'content-type': 'application/json' };
  try {
    const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
    say(answer.ok ? '' : 'That did not work: ' + (await answer.text()));
  } catch {
    say('That did not work: the simulator is not responding.');
  }
  await refresh();
}

function base64(bytes) {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

$('composer').addEventListener('submit', async event => {
  event.preventDefault();
  const input = $('message-input');
  const from = $('phone-number').value.trim();
  const body = input.value;
  const [picture] = $('picture').files;
  if (!E164.test(from)) {
    say('This phone needs a number in international form, such as +15550001111.');
    $('phone-number').focus();
    return;
  }
  if (!body.trim() && !picture) { input.focus(); return; }
  const media = picture
    ? [{ content_type: picture.type || 'application/octet-stream', base64: base64(new Uint8Array(await picture.arrayBuffer())) }]
    : [];
  input.value = '';
  $('picture').value = '';
  input.focus();
  await send('/sim/texts', { from, body, media });
});
$('message-input').addEventListener('keydown', event => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $('composer').requestSubmit();
  }
});
$('phone-number').addEventListener('change', refresh);
$('faults').addEventListener('click', event => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.id === 'clear-faults') send('/sim/faults', undefined, 'DELETE');
  else if (button.id === 'expire') send('/sim/expire-access-tokens');
  else if (button.id === 'revoke') send('/sim/users/' + encodeURIComponent(button.dataset.user) + '/revoke');
  else if (button.id === 'worker') send('/sim/worker', { run: button.dataset.run === 'true' });
  else {
    const fault = { preset: button.dataset.preset };
    if (button.dataset.count) fault.count = Number(button.dataset.count);
    send('/sim/faults', fault);
  }
});
// A link to a post moves the focus there, for the keyboard and for screen readers.
document.addEventListener('click', event => {
  const link = event.target.closest('a[href^="#post-"]');
  const target = link && $(link.getAttribute('href').slice(1));
  if (target) target.focus();
});

(async function poll() {
  await refresh();
  setTimeout(poll, POLL_MS);
})();
