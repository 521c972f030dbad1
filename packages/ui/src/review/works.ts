/** Each annotator's mask of an image, their consensus, and where they differ. */

import type { Assignment } from '@saltworks/contract/api/assignments';
import type { Campaign } from '@saltworks/contract/api/campaigns';
import { addressOf } from '@saltworks/contract/api/endpoint';
import { getTaskConsensus, getTaskConsensusMask } from '@saltworks/contract/api/measures';
import { getAssignment, getAssignmentImage, getAssignmentMask } from '@saltworks/contract/api/open-assignments';
import { countedSegments } from '@saltworks/core/drawing/classes';
import { type Rgb, segmentColours } from '@saltworks/core/screen/colours';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { type Labels, readMask } from '../annotate/labels.ts';
import { ApiError, ask, bytes } from '../api.ts';
import { type LegendEntry, legendOf } from '../legend.tsx';
import { categoriesOf, consent, numbered, sameShare } from './labels.ts';

interface Read {
  labels: Labels;
  categories: Uint16Array;
  colours: ReadonlyMap<number, Rgb>;
  classes: LegendEntry[];
}

export interface Work extends Read {
  assignment: Assignment;
  /** Share of pixels to which the consensus gives the same category. */
  agrees?: number;
}

export interface Together extends Read {
  weights: Record<string, number>;
}

/** @param assignments of one image, each with a mask */
export function useWorks(campaign: Campaign, task: string, assignments: readonly Assignment[]) {
  const [works, setWorks] = useState<Work[]>([]);
  const [together, setTogether] = useState<Together>();
  const [photograph, setPhotograph] = useState<ImageBitmap>();
  const [failure, setFailure] = useState('');

  const readConsensus = useCallback(async () => {
    try {
      const { weights, segments } = await ask(getTaskConsensus, { params: { task } });
      const labels = await readMask(addressOf(getTaskConsensusMask, { params: { task } }));
      setTogether({ weights, ...read(labels, numbered(segments, campaign.categories), campaign) });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
    }
  }, [task, campaign]);

  useEffect(() => {
    let closed = false;
    const fail = (error: Error) => !closed && setFailure(error.message);
    bytes(addressOf(getAssignmentImage, { params: { assignment: assignments[0].id } }), 20_000)
      .then((file) => createImageBitmap(new Blob([file])))
      .then((found) => !closed && setPhotograph(found), fail);
    Promise.all(assignments.map((assignment) => readWork(campaign, assignment))).then(
      (found) => !closed && setWorks(found),
      fail,
    );
    readConsensus().catch(fail);
    return () => {
      closed = true;
    };
  }, [campaign, assignments, readConsensus]);

  const differences = useMemo(() => {
    const [first] = works;
    if (!first) return undefined;
    const { width, height } = first.labels;
    return { values: consent(works.map(({ categories }) => categories)), width, height };
  }, [works]);
  const compared = useMemo(
    () => works.map((work) => ({ ...work, agrees: together && sameShare(work.categories, together.categories) })),
    [works, together],
  );
  return { works: compared, together, consent: differences, photograph, failure, readConsensus };
}

async function readWork(campaign: Campaign, assignment: Assignment): Promise<Work> {
  const { id, mask } = assignment;
  const params = { assignment: id, mask: mask ?? '' };
  const [{ drawing }, labels] = await Promise.all([
    ask(getAssignment, { params }),
    readMask(addressOf(getAssignmentMask, { params })),
  ]);
  return { assignment, ...read(labels, countedSegments(drawing.segments, campaign.categories), campaign) };
}

function read(labels: Labels, segments: { id: number; category: number }[], { categories }: Campaign): Read {
  const colours = segmentColours(segments, categories);
  const nameOf = (category: number) => categories.find(({ id }) => id === category)?.name ?? 'unknown';
  return {
    labels,
    categories: categoriesOf(labels, segments),
    colours,
    classes: legendOf(segments, colours, nameOf),
  };
}
