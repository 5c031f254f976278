// Who wrote the appeal.

import applicant from "veche:plugin/applicant";

export const { current } = applicant;
