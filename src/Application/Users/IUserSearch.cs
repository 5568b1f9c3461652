using Portico.Domain.Users;

namespace Portico.Application.Users;

/// <summary>Finds users by a text, with indexes, however many users there are.</summary>
public interface IUserSearch
{
    /// <summary>
    /// Finds the users with this id, or whose e-mail address begins with the text, or the words of whose name begin with the words of the
    /// text, or whose phone number begins or ends with the digits of the text.
    /// </summary>
    /// <remarks>Upper and lower case are the same.</remarks>
    /// <param name="text">1 to 100 characters.</param>
    /// <param name="role">Only users with this role.</param>
    /// <param name="status">Only users with this status; without it all users who are not deleted.</param>
    /// <param name="before">The last user of the page before.</param>
    /// <param name="limit">How many users at most.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    /// <returns>The ids of the users, newest first.</returns>
    Task<IReadOnlyList<Guid>> Find(
        string text, Role? role, AccountStatus? status, Guid? before, int limit, CancellationToken cancellationToken);
}
