import { TEXTS } from './texts.ts';

/** What `/api/events` sends; the agent's ScreenState, as far as the page shows it. */
interface State {
  readonly lastSwipe: {
    readonly swipeId: string;
    readonly badgeNumber: string;
    readonly colour: keyof typeof TEXTS.colours;
    readonly verdict: keyof typeof TEXTS.verdicts;
    readonly displayName: string | null;
    readonly className: string | null;
    readonly dietCode: string | null;
  } | null;
  readonly readerFault: { readonly kind: keyof typeof TEXTS.readerFaults } | null;
  readonly unsentCount: number;
  readonly swipesTodayCount: number;
  readonly line: keyof typeof TEXTS.line;
  readonly readers: readonly { readonly name: string; readonly state: keyof typeof TEXTS.reader }[];
  readonly journal: keyof typeof TEXTS.journal;
  readonly hasDamagedJournal: boolean;
  readonly serviceDate: string;
  readonly place: { readonly terminal: string; readonly school: string } | null;
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element ${id}`);
  return found;
}

/** Text only, never markup: names come from outside. An empty text hides the element. */
function write(id: string, text: string): void {
  const target = element(id);
  target.hidden = text === '';
  if (target.textContent !== text) target.textContent = text;
}

function mark(id: string, sign: { readonly symbol: string; readonly word: string }, isGood: boolean): void {
  write(id, `${sign.symbol} ${sign.word}`);
  element(id).classList.toggle('is-bad', !isGood);
}

function longDate(serviceDate: string): string {
  const day = new Date(`${serviceDate}T12:00:00Z`);
  return new Intl.DateTimeFormat('it-IT', { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' }).format(
    day,
  );
}

let shownSwipeId: string | null = null;

function showSwipe(state: State): void {
  const swipe = state.lastSwipe;
  const panel = element('panel');
  panel.dataset['colour'] = swipe?.colour ?? 'none';
  if (swipe === null) {
    write('word', '');
    write('symbol', '');
    write('name', TEXTS.waiting);
    for (const id of ['class', 'diet', 'verdict']) write(id, '');
    return;
  }
  const { symbol, word } = TEXTS.colours[swipe.colour];
  write('symbol', symbol);
  write('word', word);
  write('name', swipe.displayName ?? TEXTS.badge(swipe.badgeNumber));
  write('class', swipe.className === null ? '' : TEXTS.className(swipe.className));
  write('diet', swipe.dietCode === null ? '' : TEXTS.diet(swipe.dietCode));
  write('verdict', TEXTS.verdicts[swipe.verdict]);
  if (swipe.swipeId === shownSwipeId) return;
  shownSwipeId = swipe.swipeId;
  // The same child twice looks the same: a short flash says that a new badge was read.
  panel.classList.remove('is-new');
  requestAnimationFrame(() => panel.classList.add('is-new'));
}

function show(state: State): void {
  showSwipe(state);
  write('fault', state.readerFault === null ? '' : TEXTS.readerFaults[state.readerFault.kind]);
  write('alarm', TEXTS.journal[state.journal] || (state.hasDamagedJournal ? TEXTS.damagedJournal : ''));
  write('date', longDate(state.serviceDate));
  write('place', state.place?.school ?? TEXTS.title);
  write('today', TEXTS.today(state.swipesTodayCount));
  write('unsent', TEXTS.unsent(state.unsentCount));
  mark('line', TEXTS.line[state.line], state.line === 'up');
  const worst = state.readers.find((reader) => reader.state !== 'up') ?? state.readers[0];
  mark('reader', worst === undefined ? TEXTS.noReader : TEXTS.reader[worst.state], worst?.state === 'up');
}

const events = new EventSource('/api/events');
events.addEventListener('message', (message: MessageEvent<string>) => {
  show(JSON.parse(message.data));
});
// A screen that keeps an old green while the agent is dead would lie.
events.addEventListener('error', () => {
  write('alarm', TEXTS.agentLost);
  element('panel').dataset['colour'] = 'none';
});
