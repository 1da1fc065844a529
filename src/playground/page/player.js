// The clock of the reading: plays the timesteps, one after the other, until the last.

/** Seconds in which a whole image is played. */
const SECONDS = 6;

export class Player {
  /**
   * @param {() => { step: number, last: number }} now where the reading stands
   * @param {(step: number) => void} go
   * @param {(playing: boolean) => void} changed
   */
  constructor(now, go, changed) {
    this.now = now;
    this.go = go;
    this.changed = changed;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  get playing() {
    return this.timer !== undefined;
  }

  /** Plays on; from the start if the reading is done. */
  play() {
    const { step, last } = this.now();
    if (step >= last) this.go(0);
    this.timer = setTimeout(() => this.tick(), (1000 * SECONDS) / last);
    this.changed(true);
  }

  tick() {
    const { step, last } = this.now();
    this.go(Math.min(step + 1, last));
    if (step + 1 >= last) this.pause();
    else this.timer = setTimeout(() => this.tick(), (1000 * SECONDS) / last);
  }

  pause() {
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.changed(false);
  }
}
