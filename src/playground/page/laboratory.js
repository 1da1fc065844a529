// The server's interface, as docs/playground.md describes it: the runs, what happens to them, and what may be asked of them.

/**
 * @typedef {'training' | 'paused' | 'stopped' | 'finished' | 'failed'} RunState
 * @typedef {{ epoch: number, step: number, train_loss: number, train_accuracy: number }} Point
 * @typedef {{ epoch: number, steps: number, train_loss: number, train_accuracy: number, validation_loss: number | null, validation_accuracy: number | null }} Epoch
 * @typedef {object} Run
 * @property {string} name
 * @property {string} path what a command calls it
 * @property {RunState} state
 * @property {string | null} error why it failed
 * @property {boolean} own whether it may be trained here
 * @property {boolean} built_in whether it is a network inside the program
 * @property {number} num_units
 * @property {number} num_layers
 * @property {number} timesteps
 * @property {number[] | null} sources
 * @property {string[]} view
 * @property {number} seed
 * @property {number} batch_size
 * @property {number} train_images
 * @property {number} total_steps
 * @property {number} total_epochs
 * @property {number} steps
 * @property {number} epochs
 * @property {number | null} validation_accuracy
 * @property {number | null} test_accuracy
 * @property {number | null} finished_at
 * @property {Point[]} curve empty at first if it has finished: `complete` brings it
 * @property {Epoch[]} history
 */

/** An answer of the server that is an error, or no answer. */
export class ServerError extends Error {}

const NO_ANSWER = 'The program does not answer. Is rowlstm playground still running?';

/** @param {string} path @param {RequestInit} [options] */
async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new ServerError(NO_ANSWER);
  }
  if (response.ok) return response;
  const { error } = await response.json().catch(() => ({ error: `the program answers ${response.status}` }));
  throw new ServerError(error);
}

export class Laboratory {
  constructor() {
    /** @type {Map<string, Run>} */
    this.runs = new Map();
    /** Names of runs that the program has trained since it began. @type {Set<string>} */
    this.live = new Set();
    this.cores = 1;
    /** What the program cannot read. @type {string[]} */
    this.problems = [];
    /** @type {Promise<void> | null} */
    this.fetching = null;
  }

  /** Fetches all runs; those that events are about are up to date already. */
  refresh() {
    this.fetching ??= this.fetchRuns().finally(() => (this.fetching = null));
    return this.fetching;
  }

  async fetchRuns() {
    const { runs, cores, problems } = await (await ask('api/runs')).json();
    const now = (/** @type {Run} */ run) => {
      const before = this.runs.get(run.name);
      if (before && this.live.has(run.name)) return before;
      const known = before?.state === 'finished' && run.state === 'finished';
      return known ? { ...run, curve: before.curve, history: before.history } : run;
    };
    this.runs = new Map(runs.map((/** @type {Run} */ run) => [run.name, now(run)]));
    [this.cores, this.problems] = [cores, problems];
  }

  /** Brings the curve of a finished run. @param {string} name */
  async complete(name) {
    const whole = await (await ask(`api/runs/${encodeURIComponent(name)}`)).json();
    const run = this.runs.get(name);
    if (run?.state === 'finished') [run.curve, run.history] = [whole.curve, whole.history];
  }

  /** @param {string} name @returns {Promise<Uint8Array>} the latest weights as safetensors */
  async weights(name) {
    const response = await ask(`api/runs/${encodeURIComponent(name)}/model.safetensors`);
    return new Uint8Array(await response.arrayBuffer());
  }

  /** @param {number} first @param {number} count @returns {Promise<{ labels: number[], pixels: string }>} */
  async images(first, count) {
    return (await ask(`api/images?first=${first}&count=${count}`)).json();
  }

  /** @returns {Promise<{ pixels: string, shades: number, farthest: number } | null>} */
  async digits() {
    return (await ask('api/digits')).json();
  }

  /** @param {Record<string, number>} settings @returns {Promise<{ run: string, state: RunState }>} */
  async train(settings) {
    const headers = { 'Content-Type': 'application/json' };
    return (await ask('api/train', { method: 'POST', headers, body: JSON.stringify(settings) })).json();
  }

  /** @param {string} name @param {'pause' | 'step' | 'resume' | 'stop'} action */
  async act(name, action) {
    await ask(`api/runs/${encodeURIComponent(name)}/${action}`, { method: 'POST' });
  }

  /**
   * Follows what happens, until the page is closed.
   *
   * @param {(name: string, event: string) => void} happened with a run, which is as it is now
   * @param {(problem: string | null) => void} connected or not
   */
  watch(happened, connected) {
    const events = new EventSource('api/events');
    events.addEventListener('open', () => connected(null));
    events.addEventListener('error', () => connected(NO_ANSWER));
    for (const kind of ['state', 'step', 'epoch', 'finished', 'failed']) {
      events.addEventListener(kind, async (message) => {
        const event = JSON.parse(message.data);
        // Another page has started it.
        if (!this.runs.has(event.run)) await this.refresh().catch(() => {});
        const run = this.runs.get(event.run);
        if (!run) return;
        this.live.add(run.name);
        follow(run, kind, event);
        happened(run.name, kind);
      });
    }
  }
}

/**
 * Brings a run up to date. An event may be about what is known already.
 *
 * @param {Run} run @param {string} kind @param {any} event
 */
export function follow(run, kind, event) {
  if (kind === 'step') {
    const { epoch, step, train_loss, train_accuracy } = event;
    if (step > (run.curve.at(-1)?.step ?? 0)) run.curve.push({ epoch, step, train_loss, train_accuracy });
    run.steps = Math.max(run.steps, step);
  } else if (kind === 'epoch') {
    if (event.epoch > run.history.length) run.history.push(event);
    run.epochs = run.history.length;
    run.validation_accuracy = run.history.at(-1)?.validation_accuracy ?? null;
  } else if (kind === 'state') {
    run.state = event.state;
    run.steps = event.step;
    run.error = null;
    // What was done after the checkpoint from which it goes on is done again.
    run.curve = run.curve.filter(({ step }) => step <= event.step);
  } else if (kind === 'finished') {
    run.state = 'finished';
    run.steps = event.step;
    [run.validation_accuracy, run.test_accuracy] = [event.validation_accuracy, event.test_accuracy];
  } else if (kind === 'failed') [run.state, run.error] = ['failed', event.error];
}
