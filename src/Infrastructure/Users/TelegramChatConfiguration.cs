using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Portico.Domain.Users;

namespace Portico.Infrastructure.Users;

internal sealed class TelegramChatConfiguration : IEntityTypeConfiguration<TelegramChat>
{
    public const string ChatKey = "telegram_chats_chat_key";
    public const string UserKey = "telegram_chats_user_key";

    public void Configure(EntityTypeBuilder<TelegramChat> builder)
    {
        builder.ToTable("telegram_chats", "identity");
        builder.HasIndex(c => c.ChatId).IsUnique().HasDatabaseName(ChatKey);
        builder.HasIndex(c => c.UserId).IsUnique().HasDatabaseName(UserKey);
        builder.HasOne<User>().WithMany().HasForeignKey(c => c.UserId).OnDelete(DeleteBehavior.Cascade);
    }
}
