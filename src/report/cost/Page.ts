/** The study as one page. */
import type { Study } from './Study.ts'

export const of = (study: Study): string => JSON.stringify(study)
