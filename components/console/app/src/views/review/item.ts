// A review in hand: what the server said of it, its photo, and what the person typed so far.
import { type Signal, signal } from '@preact/signals';
import type { Problem } from '../../api/client';
import type { SchemaAnswered, SchemaClaimedReview, SchemaPlateType, SchemaRejectCode } from '../../api/schema';
import { texts } from '../../texts/en';
import { PLATE_TYPES } from '../../texts/plate-types';
import { Photo } from '../../ui/photo';

/** A decision as a person makes it; the version is added when it is sent. */
export type Verdict =
  | { plate: string; jurisdiction: string; plate_type?: SchemaPlateType; another_crossing?: true; confirm_placeholder?: true }
  | { reject: SchemaRejectCode; remark?: string }
  | { flag: string };

/** What the server would not do with a decision. */
export interface Trouble {
  problem: Problem;
  verdict: Verdict;
}

export class Item {
  readonly photo: Photo;
  readonly plate: Signal<string>;
  readonly issuer: Signal<string>;
  /** What the person sees of the plate's type; empty while they say nothing of it, and nobody did before. */
  readonly type: Signal<SchemaPlateType | ''>;
  readonly trouble = signal<Trouble | null>(null);
  /** End of the claim, in milliseconds of this machine's clock. */
  readonly until: Signal<number>;
  /** The photo on the stage: its own, or another one of the crossing. */
  readonly onStage: Signal<Photo>;
  private turned = 0;
  private readonly others: (() => Photo)[];
  private readonly crops = new Map<string, Photo>();
  /** When the claim began. */
  readonly since = signal(Date.now());
  version: number;

  constructor(
    readonly review: SchemaClaimedReview,
    seconds: number,
  ) {
    this.version = review.version;
    const first = review.candidates[0];
    // A dispute is decided by looking: none of the answers is put first.
    const nothing = review.answers.length > 0;
    this.plate = signal(nothing ? '' : (review.suggestion ?? first?.text ?? ''));
    // Where nothing is suggested, neither is the issuer: who only looks at the plate would not look for another one.
    this.issuer = signal(nothing ? '' : (review.jurisdiction ?? first?.jurisdiction?.code ?? (review.unprompted ? '' : review.booth_jurisdiction)));
    // What is opened again goes to billing as it is decided now: a type that was left out would be taken back there.
    this.type = signal<SchemaPlateType | ''>(review.plate_type ?? '');
    this.until = signal(Date.now() + seconds * 1000);
    this.photo = new Photo(review.photo_url, texts.review.photo(review.booth_name, review.camera));
    const crossing = review.related.filter((other) => other.relation !== 'look-alike');
    this.others = crossing.map((other) => once(() => new Photo(other.photo_url, texts.review.other(other.camera))));
    this.onStage = signal(this.photo);
    // Ahead, as the photo: the first candidate's is on the screen in the frame that shows it.
    this.crop();
  }

  /** The plate of the shown candidate, cut out by the server; null where nothing was seen. */
  crop(): Photo | null {
    const url = this.shown?.crop_url;
    if (url === undefined) return null;
    const crop = this.crops.get(url) ?? new Photo(url, texts.review.crop);
    this.crops.set(url, crop);
    return crop;
  }

  /** Puts the next photo of the crossing on the stage, and after the last one its own again. */
  turn(): void {
    this.turned = (this.turned + 1) % (this.others.length + 1);
    this.onStage.value = this.others[this.turned - 1]?.() ?? this.photo;
  }

  get isTurned(): boolean {
    return this.onStage.value !== this.photo;
  }

  get id(): string {
    return this.review.passage;
  }

  /** The candidate whose text is in the field, or else the likeliest. */
  get shown() {
    return this.review.candidates.find((candidate) => candidate.text === this.plate.value) ?? this.review.candidates[0];
  }

  /** Puts the next or previous candidate into the field; of a dispute the next answer, with its issuer and type: either may be all that differs. */
  step(by: 1 | -1): void {
    const { answers, candidates } = this.review;
    if (answers.length > 0) {
      const offered = answers.filter(({ plate }) => plate !== null);
      const next = offered[following(offered.findIndex((answer) => this.holds(answer)), by, offered.length)];
      if (next) this.take(next);
      return;
    }
    const next = candidates[following(candidates.findIndex(({ text }) => text === this.plate.value), by, candidates.length)];
    if (next) this.plate.value = next.text;
  }

  /** Whether an answer to a dispute is what is in the fields. */
  holds({ plate, jurisdiction, plate_type: type }: SchemaAnswered): boolean {
    return plate === this.plate.value && jurisdiction === this.issuer.value && (type ?? '') === this.type.value;
  }

  /** Puts an answer to a dispute into the fields, with its type: of two that differ in nothing else one is somebody else's plate. */
  take({ plate, jurisdiction, plate_type: type }: SchemaAnswered): void {
    this.plate.value = plate ?? '';
    this.issuer.value = jurisdiction ?? '';
    this.type.value = type ?? '';
  }

  /** The next type of plate, and after the last one none. */
  nextType(): void {
    const at = this.type.value === '' ? -1 : PLATE_TYPES.indexOf(this.type.value);
    this.type.value = PLATE_TYPES[at + 1] ?? '';
  }

  verdict(): Verdict | null {
    if (this.plate.value === '' || this.issuer.value === '') return null;
    const type = this.type.value;
    return { plate: this.plate.value, jurisdiction: this.issuer.value, ...(type === '' ? {} : { plate_type: type }) };
  }
}

/** The place after this one, around; of nothing that is there, the first. */
function following(at: number, by: 1 | -1, length: number): number {
  return at < 0 ? 0 : (at + by + length) % length;
}

/** Fetched when it is first looked at, and then kept. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
