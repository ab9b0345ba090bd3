'use strict';
const $ = id => document.getElementById(id);
const POLL_MS = 500;

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined && text !== null) node.textContent = text;
  return node;
}

// Builds links as elements, so that a text never becomes markup.
function linkify(parent, text) {
  const pattern = /https?:\/\/[^\s<>"']+/g;
  let done = 0;
  for (const match of text.matchAll(pattern)) {
    const url = match[0].replace(/[.,;:!?)]+$/, '');
    parent.append(text.slice(done, match.index));
    const link = element('a', '', url);
    link.href = url;
    link.target = '_blank';
    link.rel = 'noopener';
    parent.append(link);
    done = match.index + url.length;
  }
  parent.append(text.slice(done));
}

// Keeps the nodes that did not change, so that screen readers announce only new ones.
function sync(list, items, key, render) {
  const known = new Map([...list.children].map(node => [node.dataset.key, node]));
  items.forEach((item, index) => {
    const id = key(item);
    const print = JSON.stringify(item);
    let node = known.get(id);
    if (!node || node.dataset.print !== print) {
      const fresh = render(item);
      fresh.dataset.key = id;
      fresh.dataset.print = print;
      if (node) node.replaceWith(fresh);
      node = fresh;
    }
    known.delete(id);
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] || null);
  });
  known.forEach(node => node.remove());
}

const TICKS = {
  accepted: ['✓', 'accepted'], queued: ['✓', 'queued'], sent: ['✓', 'sent'],
  delivered: ['✓✓', 'delivered'], undelivered: ['!', 'not delivered'], failed: ['!', 'failed'],
};

function bubble(message) {
  const inbound = message.direction === 'inbound';
  const node = element('li', 'bubble ' + (inbound ? 'in' : 'out'));
  node.dataset.sid = message.sid;
  node.dataset.status = message.status;
  linkify(node, message.body);
  for (const media of message.media) node.append(element('span', 'tick', '[' + media.content_type + ']'));
  const tick = TICKS[message.status];
  if (!inbound && tick) {
    const mark = element('span', 'tick' + (tick[0] === '!' ? ' bad' : ''), tick[0]);
    const reason = tick[1] + (message.error_code ? ' (' + message.error_code + ')' : '');
    mark.title = reason;
    mark.setAttribute('role', 'img');
    mark.setAttribute('aria-label', reason);
    node.append(mark);
  }
  return node;
}

function post(item) {
  const node = element('li', 'post' + (item.deleted ? ' deleted' : ''));
  node.dataset.id = item.id;
  const head = element('div', 'row');
  head.append(element('b', '', '@' + item.username));
  const time = element('time', 'quiet', new Date(item.created_at).toLocaleTimeString());
  time.dateTime = new Date(item.created_at).toISOString();
  head.append(time);
  const text = element('p');
  linkify(text, item.text);
  node.append(head, text);
  if (item.media_ids.length) node.append(element('span', 'quiet', item.media_ids.length + ' media'));
  if (item.deleted) node.append(element('span', 'quiet', 'deleted'));
  return node;
}

const STEPS = ['received', 'publishing', 'published', 'reply sent', 'delivered'];
const BAD = ['refused', 'failed'];
const WAITING = ['waiting', 'in_doubt'];

function progress(row) {
  const delivery = row.delivery || '';
  if (delivery === 'delivered') return 5;
  if (delivery === 'sent' || delivery === 'queued' || delivery === 'undelivered' || delivery === 'failed' || row.reply_state === 'sent') return 4;
  if (row.state === 'published') return 3;
  if (row.state === 'publishing' || row.state === 'in_doubt') return 1;
  return 1;
}

function tone(row) {
  if (BAD.includes(row.state)) return 'bad';
  if (WAITING.includes(row.state)) return 'wait';
  if (['published', 'command', 'ignored'].includes(row.state)) return 'done';
  return 'now';
}

function textRow(row) {
  const node = element('li', 'text-row');
  node.dataset.state = row.state;
  node.dataset.sid = row.message_sid;
  const head = element('div', 'row');
  head.append(element('span', 'state ' + tone(row), row.state));
  const attempts = Array.isArray(row.attempts) ? row.attempts.length : row.attempts;
  if (attempts) head.append(element('span', 'quiet', attempts + (attempts === 1 ? ' attempt' : ' attempts')));
  node.append(head, element('p', '', row.body));
  const published = row.state === 'published' || Boolean(row.post_url);
  const reached = progress(row);
  const steps = element('ol', 'steps');
  const stages = published || ['received', 'publishing', 'waiting', 'in_doubt'].includes(row.state)
    ? STEPS : ['received', row.state, 'reply sent', 'delivered'];
  stages.forEach((name, index) => {
    let kind = '';
    if (stages === STEPS) {
      kind = index < reached ? 'done' : '';
      if (index === 1 && row.state === 'publishing') kind = 'now';
      if (index === 1 && WAITING.includes(row.state)) kind = 'wait';
      if (published && index < 3) kind = 'done';
    } else {
      kind = index === 0 ? 'done' : index === 1 ? tone(row) : index + 2 <= reached ? 'done' : '';
    }
    if (name === 'delivered' && ['undelivered', 'failed'].includes(row.delivery)) { kind = 'bad'; name = row.delivery; }
    steps.append(element('li', kind, name));
  });
  node.append(steps);
  if (row.reason) node.append(element('p', 'quiet', row.reason));
  if (row.post_url) {
    const line = element('p', 'quiet');
    linkify(line, row.post_url);
    node.append(line);
  }
  if (row.jobs) {
    const jobs = Array.isArray(row.jobs)
      ? row.jobs.map(job => typeof job === 'string' ? job : [job.queue || job.kind, job.state || job.status].filter(Boolean).join(': ')).join(', ')
      : String(row.jobs);
    if (jobs) node.append(element('p', 'quiet', 'Jobs: ' + jobs));
  }
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
  $('service-number').textContent = page.number;
  const bubbles = $('bubbles');
  const follow = bubbles.scrollTop + bubbles.clientHeight >= bubbles.scrollHeight - 40 || shownPhone !== phone;
  shownPhone = phone;
  sync(bubbles, page.messages, item => item.sid, bubble);
  if (follow) bubbles.scrollTop = bubbles.scrollHeight;
  sync($('timeline'), page.posts, item => item.id, post);
  $('no-posts').hidden = page.posts.length > 0;
  const ledger = Array.isArray(page.ledger) ? page.ledger : [];
  sync($('ledger'), ledger, item => item.message_sid, textRow);
  $('no-texts').hidden = ledger.length > 0;
  const active = page.faults.map(fault => fault.endpoint + ' ' + (typeof fault.action === 'string' ? fault.action : Object.keys(fault.action)[0] + ' ' + (Object.values(fault.action)[0].status || '')).trim());
  $('active-faults').textContent = active.length ? 'Active: ' + active.join('; ') : 'No faults.';
}

async function send(method, path, body) {
  await fetch(path, { method, headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body) });
  await refresh();
}

$('composer').addEventListener('submit', async event => {
  event.preventDefault();
  const input = $('message-input');
  const body = input.value;
  if (!body.trim()) { input.focus(); return; }
  input.value = '';
  input.focus();
  await send('POST', '/sim/texts', { from: $('phone-number').value.trim(), body });
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
  if (button.id === 'clear-faults') { send('DELETE', '/sim/faults'); return; }
  const fault = { preset: button.dataset.preset };
  if (button.dataset.count) fault.count = Number(button.dataset.count);
  send('POST', '/sim/faults', fault);
});

(async function poll() {
  await refresh();
  setTimeout(poll, POLL_MS);
})();
