/** What a campaign is where nobody said otherwise: the same in the page's form, the command and the API. */
export const campaignDefaults = {
  /** Seconds for which an image is held without a sign of life. */
  leaseSeconds: 900,
} as const;
