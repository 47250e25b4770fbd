// Every word of the console, of all files of this folder: what another language has to say. Views import the file of their own, so
// that nobody loads the words of views that are not shown; `texts.mjs` holds that nothing stands outside, and that all is here.
export * from './admin';
export * from './alerts';
export * from './desk';
export * from './en';
export * from './exports';
export * from './issuers';
export * from './learned';
export * from './live';
export * from './log';
export * from './plate-types';
export * from './quality';
export * from './seeds';
export * from './way';

/** What a translation has: the same names, texts for texts and functions for functions. */
export type Language = typeof import('./all');
