"""Who may do what, as tables: every root field and every guarded field against everybody who can ask.

A row names the field, what it is asked about and the outcome for each of `ACTORS` in `tests/schema/cast.py`:

    +  allowed (a mutation got as far as the business rules, which refuse it here so that nothing changes)
    -  null, as if there were no such object
    U  UNAUTHENTICATED      F  FORBIDDEN      N  NOT_FOUND
"""

#                            asked about                               an at st ma ow st an ad
MUTATIONS = """
createOrganization           -                                         U  +  +  +  +  +  +  +
updateOrganization           id=@team                                  U  F  F  F  +  F  F  +
createVenue                  organizationId=@team                      U  F  F  +  +  F  F  +
startImport                  organizationId=@team                      U  F  F  +  +  F  F  +
updateVenue                  id=@openHall                              U  F  F  +  +  F  F  +
updateVenue                  id=@secretHall                            U  N  F  +  +  N  F  +
inviteMember                 organizationId=@team                      U  F  F  +  +  F  F  +
acceptInvitation             token=nonsense                            U  +  +  +  +  +  +  +
changeMemberRole             id=@staffMembership                       U  N  F  F  +  N  F  +
removeMember                 id=@staffMembership                       U  N  +  F  +  N  F  +
createEvent                  organizationId=@team                      U  F  F  +  +  F  F  +
updateEvent                  id=@published                             U  F  F  +  +  F  F  +
updateEvent                  id=@draft                                 U  N  F  +  +  N  F  +
submitEvent                  id=@published                             U  F  F  +  +  F  F  +
submitEvent                  id=@draft                                 U  N  F  +  +  N  F  +
publishEvent                 id=@published                             U  F  F  +  +  F  F  +
publishEvent                 id=@draft                                 U  N  F  +  +  N  F  +
postponeEvent                id=@published                             U  F  F  +  +  F  F  +
postponeEvent                id=@draft                                 U  N  F  +  +  N  F  +
cancelEvent                  id=@published                             U  F  F  +  +  F  F  +
cancelEvent                  id=@draft                                 U  N  F  +  +  N  F  +
archiveEvent                 id=@published                             U  F  F  +  +  F  F  +
archiveEvent                 id=@draft                                 U  N  F  +  +  N  F  +
copyEvent                    id=@published                             U  F  F  +  +  F  F  +
copyEvent                    id=@draft                                 U  N  F  +  +  N  F  +
createTicketTier             eventId=@published                        U  F  F  +  +  F  F  +
createTicketTier             eventId=@draft                            U  N  F  +  +  N  F  +
updateTicketTier             id=@tier                                  U  F  F  +  +  F  F  +
updateTicketTier             id=@draftTier                             U  N  F  +  +  N  F  +
register                     eventId=@published                        U  +  +  +  +  +  +  +
register                     eventId=@draft                            U  N  +  +  +  N  +  +
holdPlaces                   eventId=@published                        U  +  +  +  +  +  +  +
holdPlaces                   eventId=@draft                            U  N  +  +  +  N  +  +
extendHold                   id=@ownRegistration                       U  +  F  F  F  N  F  F
extendHold                   id=@guestRegistration                     U  N  F  F  F  N  F  F
confirmRegistration          id=@ownRegistration                       U  +  F  +  +  N  F  +
confirmRegistration          id=@guestRegistration                     U  N  F  +  +  N  F  +
cancelRegistration           id=@ownRegistration                       U  +  F  +  +  N  F  +
cancelRegistration           id=@guestRegistration                     U  N  F  +  +  N  F  +
transferTicket               id=@ownTicket                             U  +  F  +  +  N  F  +
transferTicket               id=@guestTicket                           U  N  F  +  +  N  F  +
checkIn                      eventId=@published                        U  F  +  +  +  F  F  +
checkIn                      eventId=@draft                            U  N  +  +  +  N  F  +
undoCheckIn                  eventId=@published                        U  F  +  +  +  F  F  +
undoCheckIn                  eventId=@draft                            U  N  +  +  +  N  F  +
joinWaitlist                 eventId=@published                        U  +  +  +  +  +  +  +
joinWaitlist                 eventId=@draft                            U  N  +  +  +  N  +  +
leaveWaitlist                id=@ownEntry                              U  +  F  +  +  N  F  +
leaveWaitlist                id=@guestEntry                            U  N  F  +  +  N  F  +
suspendWaitlistEntry         id=@ownEntry                              U  +  F  F  F  N  F  F
suspendWaitlistEntry         id=@guestEntry                            U  N  F  F  F  N  F  F
resumeWaitlistEntry          id=@ownEntry                              U  +  F  F  F  N  F  F
resumeWaitlistEntry          id=@guestEntry                            U  N  F  F  F  N  F  F
acceptOffer                  id=@ownEntry                              U  +  F  F  F  N  F  F
acceptOffer                  id=@guestEntry                            U  N  F  F  F  N  F  F
declineOffer                 id=@ownEntry                              U  +  F  F  F  N  F  F
declineOffer                 id=@guestEntry                            U  N  F  F  F  N  F  F
prioritizeWaitlistEntry      id=@ownEntry                              U  F  F  +  +  N  F  +
prioritizeWaitlistEntry      id=@guestEntry                            U  N  F  +  +  N  F  +
updateWaitlistPolicy         eventId=@published                        U  F  F  +  +  F  F  +
updateWaitlistPolicy         eventId=@draft                            U  N  F  +  +  N  F  +
createCapacityPool           eventId=@published                        U  F  F  +  +  F  F  +
createCapacityPool           eventId=@draft                            U  N  F  +  +  N  F  +
updateCapacityPool           id=@pool                                  U  F  F  +  +  F  F  +
updateCapacityPool           id=@draftPool                             U  N  F  +  +  N  F  +
setTicketTierPools           id=@tier                                  U  F  F  +  +  F  F  +
setTicketTierPools           id=@draftTier                             U  N  F  +  +  N  F  +
blockPlaces                  eventId=@published                        U  F  F  +  +  F  F  +
blockPlaces                  eventId=@draft                            U  N  F  +  +  N  F  +
releaseBlock                 id=@block                                 U  F  F  +  +  F  F  +
releaseBlock                 id=@draftBlock                            U  N  F  +  +  N  F  +
updateProfile                -                                         U  +  +  +  +  +  +  +
updatePreferences            -                                         U  +  +  +  +  +  +  +
deactivateAccount            -                                         U  +  +  +  +  +  +  +
deactivateAccount            userId=@ownUser                           U  +  F  F  F  N  F  +
deactivateAccount            userId=@guestUser                         U  N  F  F  F  N  F  +
reactivateUser               userId=@ownUser                           U  F  F  F  F  N  F  +
reactivateUser               userId=@guestUser                         U  N  F  F  F  N  F  +
setPlatformRole              userId=@ownUser                           U  F  F  F  F  N  F  +
setPlatformRole              userId=@guestUser                         U  N  F  F  F  N  F  +
"""

#                            asked about                               an at st ma ow st an ad
QUERIES = """
node                         id=@team                                  +  +  +  +  +  +  +  +
node                         id=@staffMembership                       -  -  +  +  +  -  +  +
node                         id=@openHall                              +  +  +  +  +  +  +  +
node                         id=@secretHall                            -  -  +  +  +  -  +  +
node                         id=@published                             +  +  +  +  +  +  +  +
node                         id=@draft                                 -  -  +  +  +  -  +  +
node                         id=@tier                                  +  +  +  +  +  +  +  +
node                         id=@draftTier                             -  -  +  +  +  -  +  +
node                         id=@ownRegistration                       -  +  +  +  +  -  +  +
node                         id=@guestRegistration                     -  -  +  +  +  -  +  +
node                         id=@ownTicket                             -  +  +  +  +  -  +  +
node                         id=@guestTicket                           -  -  +  +  +  -  +  +
node                         id=@pool                                  +  +  +  +  +  +  +  +
node                         id=@draftPool                             -  -  +  +  +  -  +  +
node                         id=@block                                 -  -  +  +  +  -  +  +
node                         id=@draftBlock                            -  -  +  +  +  -  +  +
node                         id=@ownEntry                              -  +  +  +  +  -  +  +
node                         id=@guestEntry                            -  -  +  +  +  -  +  +
node                         id=@ownUser                               -  +  +  +  +  -  +  +
node                         id=@guestUser                             -  -  +  +  +  -  +  +
nodes                        ids=@team                                 +  +  +  +  +  +  +  +
nodes                        ids=@draft                                -  -  +  +  +  -  +  +
nodes                        ids=@guestRegistration                    -  -  +  +  +  -  +  +
viewer                       -                                         -  +  +  +  +  +  +  +
event                        id=@published                             +  +  +  +  +  +  +  +
event                        id=@draft                                 -  -  +  +  +  -  +  +
events                       -                                         +  +  +  +  +  +  +  +
capacityProof                eventId=@published                        U  F  +  +  +  F  +  +
capacityProof                eventId=@draft                            N  N  +  +  +  N  +  +
organization                 id=@team                                  +  +  +  +  +  +  +  +
organizations                -                                         +  +  +  +  +  +  +  +
user                         id=@ownUser                               -  +  +  +  +  -  +  +
user                         id=@guestUser                             -  -  +  +  +  -  +  +
users                        -                                         U  F  F  F  F  F  F  +
import                       id=@import                                -  -  -  +  +  -  +  +
node                         id=@import                                -  -  -  +  +  -  +  +
"""

#                            asked about                               an at st ma ow st an ad
GUARDED = """
Event.registrations          id=@published                             U  F  +  +  +  F  +  +
Event.registrations          id=@draft                                 -  -  +  +  +  -  +  +
Event.waitlist               id=@published                             U  F  +  +  +  F  +  +
Event.waitlist               id=@draft                                 -  -  +  +  +  -  +  +
Event.capacityBlocks         id=@published                             U  F  +  +  +  F  +  +
Event.capacityBlocks         id=@draft                                 -  -  +  +  +  -  +  +
Event.history                id=@published                             U  F  +  +  +  F  +  +
Event.history                id=@draft                                 -  -  +  +  +  -  +  +
Organization.members         id=@team                                  U  F  +  +  +  F  +  +
Organization.venues          id=@team                                  U  F  +  +  +  F  +  +
Organization.imports         id=@team                                  U  F  F  +  +  F  +  +
Organization.history         id=@team                                  U  F  F  +  +  F  +  +
Registration.history         id=@ownRegistration                       -  +  +  +  +  -  +  +
Registration.history         id=@guestRegistration                     -  -  +  +  +  -  +  +
WaitlistEntry.history        id=@ownEntry                              -  +  +  +  +  -  +  +
WaitlistEntry.history        id=@guestEntry                            -  -  +  +  +  -  +  +
User.waitlistEntries         id=@ownUser                               -  +  F  F  F  -  +  +
User.waitlistEntries         id=@guestUser                             -  -  F  F  F  -  +  +
User.registrations           id=@ownUser                               -  +  F  F  F  -  +  +
User.registrations           id=@guestUser                             -  -  F  F  F  -  +  +
User.memberships             id=@ownUser                               -  +  F  F  F  -  +  +
User.memberships             id=@guestUser                             -  -  F  F  F  -  +  +
User.onboarding              id=@ownUser                               -  +  F  F  F  -  F  +
User.onboarding              id=@guestUser                             -  -  F  F  F  -  F  +
User.history                 id=@ownUser                               -  +  F  F  F  -  F  +
User.history                 id=@guestUser                             -  -  F  F  F  -  F  +
"""
