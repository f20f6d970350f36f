/** What survives a trip through JSON unchanged: the only shape that events, answers and jobs may have. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };
