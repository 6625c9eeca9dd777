/** The present version of the domain's schema. It stands alone: who only looks into a store need not load the tables. */
export const domainVersion = 2;
