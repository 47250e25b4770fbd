// Days as people choose them, `2026-11-20`, in this browser's zone.

/** The day that a text names; empty when it names none. */
export function day(text: string | null): string {
  const given = text ?? '';
  return /^\d{4}-\d\d-\d\d$/.test(given) && !Number.isNaN(Date.parse(`${given}T00:00`)) ? given : '';
}

/** The beginning of a day here, so many days later, as an instant. */
export function midnight(text: string, later: number): string {
  const date = new Date(`${text}T00:00`);
  date.setDate(date.getDate() + later);
  return date.toISOString();
}
