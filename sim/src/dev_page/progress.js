// How far a text has come, in words and marks as well as in colour.
const MARKS = { done: ['✓', 'done'], now: ['▸', 'under way'], wait: ['…', 'waits'], bad: ['✗', 'failed'], todo: ['○', 'not yet'] };

const WHY = {
  sign_in: 'It waits until you sign in.',
  rate_limit: 'X’s rate limit is reached.',
  money: 'The operator’s credit at X is used up.',
  outage: 'X is not answering, or an access token is not available.',
  paused: 'The operator paused the queue.',
  order: 'An earlier text comes first. This one goes on when that one ends.',
  not_linked: 'The number was not linked, so the answer was the sign-in link. This text is not posted.',
  rejected: 'X refused it.',
  unpostable: 'It cannot be a post: it is empty, too long, or has characters that X refuses.',
  media: 'It came with a picture or a file, which Birdcall cannot post yet.',
  horizon: 'It could not be posted in time.',
  poison: 'Every worker that took it died.',
  duplicate: 'X says that it was already posted.',
  undone: 'It was taken back before it was posted.',
  cancelled: 'The operator cancelled it before it was posted.',
  given_up: 'The operator gave it up.',
  blocked: 'The operator has blocked the number.',
  too_many: 'Too many texts of this number were waiting.',
  not_invited: 'The number may not sign up.',
  keyword: 'It is one of Twilio’s words. Twilio answers it.',
  reaction: 'The phone wrote it by itself, about one of our replies.',
  sender: 'Its sender cannot be answered.',
};

const STATES = {
  received: ['now', 'received'], publishing: ['now', 'being posted'], waiting: ['wait', 'waiting'],
  in_doubt: ['wait', 'outcome unknown, looking for it'], published: ['done', 'published'],
  command: ['done', 'command carried out'], ignored: ['done', 'recorded, not posted'],
  refused: ['bad', 'refused'], failed: ['bad', 'given up'],
};

function summary(row) {
  if (row.reason === 'not_linked') return ['done', 'answered with the sign-in link'];
  if (row.reason === 'undone') return ['done', 'taken back'];
  if (row.undone_at) return ['done', 'deleted from X'];
  return STATES[row.state] || ['now', row.state];
}

// The reply that says how the text ended. A notice on the way does not count.
function finalReply(row) {
  const ends = row.replies.filter(reply => ['final', 'goodbye'].includes(reply.purpose));
  return ends[ends.length - 1];
}

function replySteps(row) {
  const reply = finalReply(row);
  if (row.state === 'ignored') return [];
  if (!reply) return [['todo', 'reply sent'], ['todo', 'reply delivered']];
  const lost = ['failed', 'suppressed'].includes(reply.state);
  const sent = reply.state === 'sent' ? 'done' : lost ? 'bad' : 'now';
  const delivered = reply.delivery === 'delivered' ? 'done'
    : ['undelivered', 'failed'].includes(reply.delivery) ? 'bad' : 'todo';
  return [[sent, 'reply sent'], [delivered, 'reply delivered']];
}

function postSteps(row) {
  if (row.kind !== 'post') return [];
  const [tone, words] = summary(row);
  if (['refused', 'failed'].includes(row.state)) return [[tone, words]];
  if (row.state === 'published') return [['done', 'sent to X'], ['done', 'on X']];
  const sent = row.state === 'in_doubt' ? 'done' : row.state === 'waiting' ? 'wait' : row.state === 'publishing' ? 'now' : 'todo';
  return [[sent, 'sent to X'], [row.state === 'in_doubt' ? 'wait' : 'todo', 'on X']];
}

function steps(row) {
  return [['done', 'received'], ...postSteps(row), ...replySteps(row)];
}

function marked(tag, kind, words) {
  const [mark, meaning] = MARKS[kind];
  const node = element(tag, kind);
  const shown = element('span', '', mark + ' ');
  shown.setAttribute('aria-hidden', 'true');
  node.append(shown, words, element('span', 'hidden-words', ' (' + meaning + ')'));
  return node;
}

// What is waited for, with the seconds that are left. The page counts them down.
function waits(row) {
  const lines = [];
  if (row.reason) lines.push([WHY[row.reason] || row.reason, null]);
  if (row.error) lines.push([row.error, null]);
  if (row.next_attempt_at && row.reason !== 'order') lines.push(['Next try', row.next_attempt_at]);
  const reply = row.replies.find(reply => reply.state === 'queued' && reply.next_attempt_at);
  if (reply) lines.push([reply.error || 'A reply waits its turn: at most 10 texts go to one number in 30 seconds. Next try', reply.next_attempt_at]);
  return lines;
}

function callLine(call) {
  const node = element('li');
  const answer = call.status ? 'answered ' + call.status : 'no answer';
  node.append(clock(call.at), ' ' + call.method + ' ' + call.path + ': ' + answer + (call.faulted ? ' (made to fail: ' + call.faulted + ')' : ''));
  return node;
}

function textRow(row) {
  const node = element('li', 'text-row');
  node.dataset.state = row.state;
  node.dataset.sid = row.message_sid;
  const head = element('div', 'row');
  const title = marked('span', summary(row)[0], summary(row)[1]);
  title.classList.add('state');
  head.append(title, element('span', 'quiet', 'text ' + row.number), clock(row.received_at));
  node.append(head, paragraph('p', row.body));
  const chain = element('ol', 'steps');
  for (const [kind, words] of steps(row)) chain.append(marked('li', kind, words));
  node.append(chain);
  for (const [words, until] of waits(row)) {
    const line = element('p', 'quiet', words);
    if (until) { const left = element('span', 'until'); left.dataset.until = until; line.append(' ', left); }
    node.append(line);
  }
  const details = element('details');
  details.append(element('summary', '', 'What was sent and answered'));
  const list = element('ol', 'calls');
  for (const attempt of row.attempts) {
    const line = element('li');
    line.append(clock(attempt.started_at), ' Attempt ' + attempt.number + ' to post it: ' + (attempt.outcome || 'under way') + (attempt.error ? ', ' + attempt.error : ''));
    list.append(line);
  }
  for (const reply of row.replies) {
    list.append(element('li', '', 'Reply, ' + reply.state + (reply.delivery ? ', ' + reply.delivery : '') + ': ' + reply.body));
  }
  for (const call of row.calls) list.append(callLine(call));
  if (row.jobs.length) list.append(element('li', '', 'Jobs: ' + row.jobs.join(', ')));
  details.append(list.children.length ? list : element('p', 'quiet', 'Nothing yet.'));
  node.append(details);
  return node;
}

// The calls that were about this text: its post, its deletion, and its replies.
function callsOf(row, calls) {
  const bodies = row.replies.map(reply => reply.body);
  const posted = [row.body.trim(), row.body.trim().replace(/^\\/, '')];
  return calls.filter(call =>
    (call.endpoint === 'x.create_post' && posted.includes(call.params.text))
    || (call.endpoint === 'x.delete_post' && row.post_id && call.path.endsWith('/' + row.post_id))
    || (call.endpoint === 'twilio.create_message' && bodies.includes(call.params.Body))).reverse();
}
