// Fingers, pens and the mouse on the photo: one drags it, two take hold of it and stretch it.
import { panBy, sight, zoomBy } from './sight';

type Finger = Pick<PointerEvent, 'pointerId' | 'clientX' | 'clientY'>;
type Press = Finger & Pick<PointerEvent, 'button' | 'pointerType' | 'target'>;

interface Grip {
  /** Between the fingers. */
  x: number;
  y: number;
  /** How far they are apart; 0 for one. */
  apart: number;
}

export class Touch {
  /** Where they are, in the order in which they came. */
  private readonly fingers = new Map<number, { x: number; y: number }>();

  constructor(private readonly stage: () => HTMLElement | null) {}

  down(event: Press): void {
    // A mouse takes hold of what is larger than the stage only; whoever presses a button means the button.
    if (event.button !== 0 || (event.pointerType === 'mouse' && sight.value.zoom === 1)) return;
    if (event.target instanceof Element && event.target.closest('button, a')) return;
    this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.stage()?.setPointerCapture(event.pointerId);
  }

  move(event: Finger): void {
    const box = this.stage()?.getBoundingClientRect();
    const before = this.grip();
    if (!box || !before || !this.fingers.has(event.pointerId)) return;
    this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const after = this.grip() ?? before;
    panBy(after.x - before.x, after.y - before.y);
    // What is between the fingers stays between them.
    if (before.apart > 0 && after.apart > 0) {
      zoomBy(after.apart / before.apart, after.x - box.left - box.width / 2, after.y - box.top - box.height / 2);
    }
  }

  up(event: Pick<PointerEvent, 'pointerId'>): void {
    this.fingers.delete(event.pointerId);
  }

  /** The first two; a third finger is a hand that rests. */
  private grip(): Grip | null {
    const [one, other] = [...this.fingers.values()];
    if (!one) return null;
    if (!other) return { ...one, apart: 0 };
    return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2, apart: Math.hypot(one.x - other.x, one.y - other.y) };
  }
}
