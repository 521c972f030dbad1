/**
 * Messages between the server, its workflows and its workers. Each is defined once: its name on the wire is the key it stands
 * under, and schemas say what is sent and what comes back. All types are inferred, so a message of another name or another
 * form does not compile.
 *
 * Workflow files import the types alone: zod would add 1.1 MB to their bundle and 6 ms to the start of every workflow.
 */
import type * as z from '../zod.ts';

// biome-ignore lint/suspicious/noExplicitAny: stands for every type, sent and received
type AnySchema = z.Schema<any>;

/** A request and its answer. */
export interface Exchange {
  request: AnySchema;
  answer: AnySchema;
}

/** By type: Temporal's name for them. */
export type ActivityDefinitions = Record<string, Exchange>;

export interface WorkflowDefinition {
  /** Temporal's name for it, and the name of its function. */
  type: string;
  input: AnySchema;
  result: AnySchema;
  updates: Record<string, Exchange>;
  /** By the schemas of what is sent; `z.void()` for nothing. */
  signals: Record<string, AnySchema>;
  /** By the schemas of their answers. */
  queries: Record<string, AnySchema>;
}

export type RequestOf<E extends Exchange> = z.infer<E['request']>;
export type AnswerOf<E extends Exchange> = z.infer<E['answer']>;
export type InputOf<W extends Pick<WorkflowDefinition, 'input'>> = z.infer<W['input']>;
export type ResultOf<W extends Pick<WorkflowDefinition, 'result'>> = z.infer<W['result']>;

/** The functions that do activities. */
export type ActivitiesOf<D extends ActivityDefinitions> = {
  [Type in keyof D]: (request: RequestOf<D[Type]>) => Promise<AnswerOf<D[Type]>>;
};

/** The functions of workflows, by the types that clients start. */
export type WorkflowsOf<W extends WorkflowDefinition> = {
  [Definition in W as Definition['type']]: (input: InputOf<Definition>) => Promise<ResultOf<Definition>>;
};

/** What a workflow answers with to whatever it can be sent. */
export interface HandlersOf<W extends WorkflowDefinition> {
  updates: {
    [Name in keyof W['updates']]: (request: RequestOf<W['updates'][Name]>) => Promise<AnswerOf<W['updates'][Name]>>;
  };
  signals: { [Name in keyof W['signals']]: (sent: z.infer<W['signals'][Name]>) => void };
  queries: { [Name in keyof W['queries']]: () => z.infer<W['queries'][Name]> };
}

/** Keeps the names of a definition in its type. */
export const workflow = <const W extends WorkflowDefinition>(definition: W): W => definition;

/** Of a workflow that is sent nothing once it runs. */
export const noMessages = { updates: {}, signals: {}, queries: {} };
