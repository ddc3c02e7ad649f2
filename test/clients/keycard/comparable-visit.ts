import type { Visit, VisitStep } from './session-visit.ts';

const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/** Replaces the ids of a visit's sessions by their names, and times. Nothing else differs between two equal visits. */
export function comparableVisit({ steps, sessions }: Visit): VisitStep[] {
  let text = JSON.stringify(steps).replace(TIME, '<time>');
  for (const [name, id] of Object.entries(sessions)) text = text.replaceAll(id, `<${name}>`);
  return JSON.parse(text) as VisitStep[]; // it was one before
}
