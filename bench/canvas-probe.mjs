// Records the page's work from outside: runs in the page as `probe`, before its own scripts. Milliseconds since the page began.

export function probe() {
  const now = () => performance.now();
  const log = {};
  const clear = () =>
    Object.assign(log, {
      /** Pointer events while a pen is down, with the browser's times. */
      events: [],
      up: [],
      /** Frames that painted ink; solves requested and answered; labels painted. */
      inked: [],
      asked: [],
      answered: [],
      labelled: [],
      /** Starts of the frames while a pen is down, or while `watching`. */
      frames: [],
      /** Presses of keys, with the browser's times. */
      keys: [],
      opened: [],
      painted: undefined,
      enter: undefined,
    });
  clear();

  let down = false;
  const pointer = (event) => {
    if (event.type === 'pointerdown') down = event.target instanceof HTMLCanvasElement;
    if (down && event.type !== 'pointerup') log.events.push(event.timeStamp);
    if (down && event.type === 'pointerup') log.up.push(event.timeStamp);
    if (event.type === 'pointerup') down = false;
  };
  for (const kind of ['pointerdown', 'pointermove', 'pointerup']) addEventListener(kind, pointer, true);
  addEventListener(
    'keydown',
    (event) => {
      log.keys.push(event.timeStamp);
      if (event.key === 'Enter') log.enter = event.timeStamp;
    },
    true,
  );

  const beat = (time) => {
    if (down || log.watching) log.frames.push(time);
    requestAnimationFrame(beat);
  };
  requestAnimationFrame(beat);

  const stroke = CanvasRenderingContext2D.prototype.stroke;
  CanvasRenderingContext2D.prototype.stroke = function (...args) {
    if (down) log.inked.push(now());
    return stroke.apply(this, args);
  };
  const put = OffscreenCanvasRenderingContext2D.prototype.putImageData;
  OffscreenCanvasRenderingContext2D.prototype.putImageData = function (...args) {
    put.apply(this, args);
    log.labelled.push(now());
  };
  const draw = OffscreenCanvasRenderingContext2D.prototype.drawImage;
  OffscreenCanvasRenderingContext2D.prototype.drawImage = function (...args) {
    draw.apply(this, args);
    if (args[0] instanceof ImageBitmap) log.painted = now();
  };

  const post = Worker.prototype.postMessage;
  const known = new WeakSet();
  Worker.prototype.postMessage = function (data, ...more) {
    if (!known.has(this)) {
      known.add(this);
      this.addEventListener('message', ({ data }) => {
        if (data.kind === 'patch') log.answered.push(now());
        if (data.kind === 'open') log.opened.push(now());
      });
    }
    if (data.kind === 'solve') log.asked.push(now());
    return post.call(this, data, ...more);
  };

  /** From each event to the first frame that shows its effect. Solves are answered in order. */
  const labelsAfter = (times) =>
    times.flatMap((time) => {
      const solve = log.asked.findIndex((asked) => asked >= time);
      const answered = solve < 0 ? undefined : log.answered[solve];
      const painted = answered === undefined ? undefined : log.labelled.find((labelled) => labelled >= answered);
      return painted === undefined ? [] : [painted - time];
    });
  const found = () => ({
    ink: log.events.flatMap((time) => {
      const painted = log.inked.find((inked) => inked >= time);
      return painted === undefined ? [] : [painted - time];
    }),
    labels: labelsAfter(log.events),
    last: labelsAfter(log.up),
    keys: labelsAfter(log.keys),
    frames: log.frames
      .slice(1)
      .map((time, i) => time - log.frames[i])
      .filter((gap) => gap < 300),
  });
  globalThis.probe = Object.assign(log, { clear, found });
}
