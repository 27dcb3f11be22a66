/** Property tests try the same values every time; TRADEAI_PROPERTY_SEED names other ones, for looking further. */

import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.TRADEAI_PROPERTY_SEED ?? 1) });
