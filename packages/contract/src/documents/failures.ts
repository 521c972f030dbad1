/** One line of a list of failures. */
export interface Failure {
  sha256: string;
  name: string;
  reason: string;
}
