/* command.h -- changes asked for by the API, the tools and the first start: one writer, one order.
 * A command is a name and a JSON object of arguments; its answer an HTTP status and JSON. It runs in
 * one catalogue transaction together with the ring position it came from, so that it takes effect
 * exactly once; the answer leaves after the commit.
 *
 * name               arguments (all validated here again)               answer
 * project.add        {org,name,slug?,platform?}                          201 {id,slug,name,publicKey}
 * project.update     {id, …settings as the API spells them}              200 {}
 * project.delete     {id}                                                204
 * key.add            {project,name?,rateLimit?{window,count}}            201 {id}
 * key.update         {key,name?,isActive?,rateLimit?|null}               200 {}
 * key.delete         {key}                                               204
 * user.add           {email,name?,role?,password(argon2 string)?}        201 {id}
 * user.update        {id|email,name?,role?,password?,active?}            200 {}
 * token.add          {user,name?,scopes,hash(hex sha256),last4,kind,csrf?,expires_ms?} 201 {id}
 * token.delete       {id|hash,user?}                                     204
 * token.used         {id,time_ms}                                        200 {}
 * issue.update       {ids:[…],status?,statusDetails?,substatus?,assignedTo?,hasSeen?,isBookmarked?,
 *                     priority?}                                         200 {…as sentry-api §5.2}
 * issue.delete       {ids:[…],discard?}                                  204
 * issue.merge        {ids:[…]}                                           200 {merge:{parent,children}}
 * issue.unmerge      {id,hashes:[hex]}                                   202 {}
 * comment.add        {issue,text}                                        201 {id}
 * comment.update     {id,text}   comment.delete {id}                     200 / 204
 * environment.update {project,name,hidden}                               200 {}
 * release.add        {org,version,projects:[id],dateReleased?,ref?,url?} 201/208 {id}
 * release.update     {id,…,projects?}                                    200 {}
 * release.delete     {id}                                                204
 * Listing commands for tools on a stopped folder: project.list, key.list, user.list.
 * The plain passwords and tokens never come here: workers hash them. */
#ifndef QUERN_WRITER_COMMAND_H
#define QUERN_WRITER_COMMAND_H

#include "proto/buf.h"
#include "proto/record.h"

struct writer;

/* Run one command inside the open catalogue transaction. Returns the status; JSON goes to `answer`. */
uint16_t command_run(struct writer *w, const struct record_command *c, struct buf *answer);

#endif
